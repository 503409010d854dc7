// What each SDK is asked to do, in this order.
import { examples } from '../../support/contract.ts';
import { KEYS, RESTRICTED_KEYS } from '../../support/server.ts';
import type { Places } from './places.ts';

/** One delete. The drivers read these fields. */
export interface Scenario {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly namespace: string;
  readonly repository: string;
  readonly tag: string;
  readonly projectId?: string;
  readonly securityToken?: string;
  /** Of the SDK's setting for all calls. */
  readonly retries?: number;
  /** Of the SDK's setting for this call, for any error. */
  readonly callRetries?: number;
  /** To wait for an answer. */
  readonly timeoutSeconds?: number;
}

/** The contract's errors that the server gives, each with the request that leads to it. */
export const SERVER_ERRORS = [
  'invalid-repository',
  'invalid-tag',
  'bad-signature',
  'expired-signature',
  'temporary-access-key',
  'namespace-not-permitted',
  'tag-protected',
  'organization-not-found',
  'repository-not-found',
  'tag-not-found',
  'throttled',
  'storage-failure',
] as const;

/** All scenarios by their names. */
export function scenariosAt(at: Places) {
  const one = { ...KEYS, endpoint: at.server, namespace: 'group', repository: 'busybox', tag: 'v1' };
  const recorded = { ...one, endpoint: at.recorder };
  const errors: Record<(typeof SERVER_ERRORS)[number], Scenario> = {
    'invalid-repository': { ...one, repository: 'Busybox' },
    'invalid-tag': { ...one, tag: '.v1' },
    'bad-signature': { ...one, secretKey: 'wrong' },
    'expired-signature': { ...one, endpoint: at.lateServer },
    'temporary-access-key': { ...one, securityToken: 'temporary' },
    'namespace-not-permitted': { ...one, ...RESTRICTED_KEYS },
    'tag-protected': { ...one, tag: 'release-1' },
    'organization-not-found': { ...one, namespace: 'nope' },
    'repository-not-found': { ...one, repository: 'nope' },
    'tag-not-found': { ...one, tag: 'nope' },
    throttled: { ...one, endpoint: at.throttledServer },
    'storage-failure': { ...one, endpoint: at.brokenServer },
  };
  const others = {
    deleted: one,
    'slash as $': { ...one, repository: 'team$app' },
    'slash as %24': { ...one, repository: 'team%24app', tag: 'v2' },
    'slash as /': { ...one, repository: 'team/app', tag: 'v2' },
    'with project id': { ...one, tag: 'v2', projectId: '0123456789abcdef0123456789abcdef' },
    'uses up the limit': { ...one, endpoint: at.throttledServer },
    'untrusted certificate': { ...one, endpoint: at.tlsServer, tag: 'v3' },
    'nobody listens': { ...one, endpoint: at.nobody },
    'sent $': { ...recorded, repository: 'team$app' },
    'sent %24': { ...recorded, repository: 'team%24app' },
    'sent /': { ...recorded, repository: 'team/app' },
    'sent ../': { ...recorded, tag: '../../x' },
    'sent project id': { ...recorded, projectId: '0123456789abcdef0123456789abcdef' },
    'tries of 429': { ...recorded, tag: 'throttled' },
    'tries of 429 with a setting': { ...recorded, tag: 'throttled', retries: 2 },
    'tries of 429 with a setting of the call': { ...recorded, tag: 'throttled', callRetries: 2 },
    'tries of 500 with a setting': { ...recorded, tag: 'broken', retries: 2 },
    'tries of 500 with a setting of the call': { ...recorded, tag: 'broken', callRetries: 2 },
    'no answer': { ...recorded, tag: 'silent', timeoutSeconds: 1 },
  };
  const mocked = Object.fromEntries(
    examples.map(({ name }) => [`mock ${name}`, { ...one, endpoint: at.mock, tag: `mock-${name}` }]),
  );
  const { 'uses up the limit': first, ...rest } = others;
  return { 'uses up the limit': first, ...errors, ...rest, ...mocked } as Readonly<Record<string, Scenario>>;
}
