// One table of requests and what the contract answers to them. A case says what the server must hold beforehand in
// terms of `images`; the table knows nothing of the server's insides.
import { signingHeaders } from '../signature/sign.ts';
import { KEYS, OVERSIZED_TOKEN, RESTRICTED_KEYS, RESTRICTED_TOKEN, TOKEN } from './support/server.ts';

/** What exists before every case, as `namespace/repository:tag`. */
export const images = ['group/busybox:v1', 'group/busybox:v2', 'group/busybox:release-1', 'group/team/app:v1'];

/** What the server is set to, for the cases. */
export const protectedTags = /release-.*/;

/** A state of the server that no request brings about. */
type Given = 'throttled' | 'storage-failure' | 'authentication-unavailable';

/** A request and its answer. */
export interface Case {
  readonly title: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
  /** The example of the contract that the body equals; a 204 has none. */
  readonly example?: string;
  /** What has to happen beforehand. */
  readonly given?: Given;
}

const allowed = { 'X-Auth-Token': TOKEN };
const restricted = { 'X-Auth-Token': RESTRICTED_TOKEN };

const pathOf = (namespace: string, repository: string, tag: string) =>
  `/v2/manage/namespaces/${namespace}/repos/${repository}/tags/${tag}`;

const V1 = pathOf('group', 'busybox', 'v1');
const APP = pathOf('group', 'team$app', 'v1');

/** The headers of a signed request to the host that `requestText` names. @param minutes from now */
const signed = (path: string, keys = KEYS, minutes = 0) =>
  signingHeaders('DELETE', new URL(path, 'http://localhost'), keys, new Date(Date.now() + minutes * 60_000));

const authorization = (signedHeaders: string, signature = '0'.repeat(64)) => ({
  authorization: `SDK-HMAC-SHA256 Access=AK, SignedHeaders=${signedHeaders}, Signature=${signature}`,
});

const long = (length: number) => 'a'.repeat(length);

/** Every named example of the contract is here at least once; a test sees to it. */
export const cases: readonly Case[] = [
  { title: 'an existing tag', path: pathOf('group', 'busybox', 'v1'), headers: allowed, status: 204 },
  { title: '$ for /', path: pathOf('group', 'team$app', 'v1'), headers: allowed, status: 204 },
  { title: '%24 for /', path: pathOf('group', 'team%24app', 'v1'), headers: allowed, status: 204 },
  {
    title: 'a content type without a body, as the vendor asks for',
    path: pathOf('group', 'busybox', 'v1'),
    headers: { ...allowed, 'Content-Type': 'application/json' },
    status: 204,
  },
  { title: 'percent-encoded letters', path: pathOf('group', 'busybox', '%76%31'), headers: allowed, status: 204 },

  ...[
    'Group',
    '1group',
    'group-',
    'gr..oup',
    'gr___oup',
    'gr%2Foup',
    'gr%00oup',
    '%zz',
    '%',
    '%C3%28',
    long(65),
    'gr$oup',
  ].map((namespace) => refused(pathOf(namespace, 'busybox', 'v1'), 400, 'invalid-namespace')),
  ...['Busybox', '-busybox', 'busybox$', 'team%2Fapp', 'busy%00box', '%zz', long(129), 'team$$app', 'a__$b'].map(
    (repository) => refused(pathOf('group', repository, 'v1'), 400, 'invalid-repository'),
  ),
  ...['.v1', '-v1', 'v%2F1', 'v%001', 'v1%zz', '%', 'v%F0', 'v1%23f', 'v1:2', long(129), '%2e%2e', '..', 'v%201'].map(
    (tag) => refused(pathOf('group', 'busybox', tag), 400, 'invalid-tag'),
  ),
  refused(`${pathOf('group', 'busybox', 'v1')}?force=true`, 400, 'unknown-query-parameter'),
  refused(`${pathOf('Group', 'Busybox', '.v1')}`, 400, 'invalid-namespace', 'the first illegal name counts'),

  ...[64, 1].map((length) =>
    refused(pathOf(long(length), 'busybox', 'v1'), 404, 'organization-not-found', `a namespace of ${length}`),
  ),
  ...[128, 1].map((length) =>
    refused(pathOf('group', long(length), 'v1'), 404, 'repository-not-found', `a repository of ${length}`),
  ),
  ...[128, 1].map((length) =>
    refused(pathOf('group', 'busybox', long(length)), 404, 'tag-not-found', `a tag of ${length}`),
  ),
  refused(pathOf('group', 'team', 'v1'), 404, 'repository-not-found', 'a folder of repositories is none'),
  refused(pathOf('group', 'busybox', 'V1'), 404, 'tag-not-found', 'letters’ case counts'),

  without('missing-credentials', {}, 'no credentials'),
  without('missing-credentials', { 'X-Auth-Token': '' }, 'an empty token'),
  without('missing-credentials', { Authorization: 'Bearer abc' }, 'another scheme'),
  without('unknown-token', { 'X-Auth-Token': 'nobody' }, 'an unknown token'),
  without('unknown-token', { 'X-Auth-Token': OVERSIZED_TOKEN }, 'an oversized token, though it is known'),
  without('unknown-token', { 'X-Auth-Token': `${TOKEN}\r\nX-Auth-Token: ${TOKEN}` }, 'a token sent twice'),
  {
    title: 'a token beside another scheme, which is none of our business',
    path: pathOf('group', 'busybox', 'v1'),
    headers: { ...allowed, Authorization: 'Bearer abc' },
    status: 204,
  },
  {
    title: 'an illegal tag with a token beside another scheme',
    path: pathOf('group', 'busybox', '.v1'),
    headers: { ...allowed, Authorization: 'Bearer abc' },
    status: 400,
    example: 'invalid-tag',
  },
  { title: 'a signature', path: V1, headers: signed(V1), status: 204 },
  { title: 'a signature over $', path: APP, headers: signed(APP), status: 204 },
  { title: 'a signature over $, sent as %24', path: APP.replace('$', '%24'), headers: signed(APP), status: 204 },
  without('bad-signature', signed(V1, { ...KEYS, secretKey: 'wrong' }), 'a wrong secret key'),
  without('bad-signature', signed(V1, { ...KEYS, accessKey: 'NOBODY' }), 'an unknown access key'),
  without('bad-signature', signed(APP), 'a signature of another path'),
  without('bad-signature', { ...signed(V1), 'X-Sdk-Content-Sha256': '0'.repeat(64) }, 'a hash of another body'),
  without('temporary-access-key', { ...signed(V1), 'X-Security-Token': 'gAAAA' }, 'a temporary access key'),
  without('expired-signature', signed(V1, KEYS, -16), 'a signature of 16 minutes ago'),
  without('expired-signature', signed(V1, KEYS, 25), 'a signature of 25 minutes ahead'),
  without(
    'expired-signature',
    signed(V1, { ...KEYS, accessKey: 'NOBODY' }, -16),
    'an old one of an unknown access key',
  ),
  without('malformed-authorization', { Authorization: 'SDK-HMAC-SHA256' }, 'nothing but the algorithm'),
  without('malformed-authorization', authorization('x-sdk-date', '00'), 'a signature that is too short'),
  without('malformed-authorization', { ...signed(V1), 'x-sdk-date': '2026-11-23' }, 'a date of another form'),
  without('malformed-authorization', { ...signed(V1), 'x-sdk-date': '20260231T000000Z' }, 'a day that does not exist'),
  without('unsigned-date', { ...signed(V1), ...authorization('host') }, 'an unsigned date'),
  without(
    'absent-signed-header',
    { ...signed(V1), ...authorization('x-sdk-date;x-absent') },
    'an absent signed header',
  ),
  without('absent-signed-header', authorization('x-sdk-date'), 'no date at all'),
  without(
    'absent-signed-header',
    { ...signed(V1), ...authorization('x-sdk-date;constructor') },
    'a name of JavaScript',
  ),
  without('absent-signed-header', { ...signed(V1), ...authorization('x-sdk-date;__proto__') }, 'another one'),
  without('ambiguous-credentials', { ...signed(V1), ...allowed }, 'a token and a signature'),
  {
    title: 'a signature of somebody without a right',
    path: V1,
    headers: signed(V1, RESTRICTED_KEYS),
    status: 403,
    example: 'namespace-not-permitted',
  },

  {
    title: 'no right in the organization',
    path: pathOf('group', 'busybox', 'v1'),
    headers: restricted,
    status: 403,
    example: 'namespace-not-permitted',
  },
  {
    title: 'a protected tag',
    path: pathOf('group', 'busybox', 'release-1'),
    headers: allowed,
    status: 403,
    example: 'tag-protected',
  },
  {
    title: 'a protected name that does not exist',
    path: pathOf('group', 'nope', 'release-9'),
    headers: allowed,
    status: 403,
    example: 'tag-protected',
  },

  // The order of checks: what comes first decides, and nobody learns what is behind it.
  {
    title: 'a stranger with an illegal tag',
    path: pathOf('group', 'busybox', '.v1'),
    headers: {},
    status: 401,
    example: 'missing-credentials',
  },
  {
    title: 'a stranger with a malformed escape',
    path: pathOf('group', 'busybox', '%zz'),
    headers: {},
    status: 401,
    example: 'missing-credentials',
  },
  {
    title: 'a stranger with a missing tag',
    path: pathOf('group', 'busybox', 'nope'),
    headers: {},
    status: 401,
    example: 'missing-credentials',
  },
  {
    title: 'an illegal tag where the caller has no right',
    path: pathOf('group', 'busybox', '.v1'),
    headers: restricted,
    status: 400,
    example: 'invalid-tag',
  },
  {
    title: 'a missing tag where the caller has no right',
    path: pathOf('group', 'busybox', 'nope'),
    headers: restricted,
    status: 403,
    example: 'namespace-not-permitted',
  },
  {
    title: 'a protected tag where the caller has no right',
    path: pathOf('group', 'busybox', 'release-1'),
    headers: restricted,
    status: 403,
    example: 'namespace-not-permitted',
  },
  {
    title: 'a missing organization where the caller has no right',
    path: pathOf('nope', 'busybox', 'v1'),
    headers: restricted,
    status: 403,
    example: 'namespace-not-permitted',
  },
  {
    title: 'an organization that a pattern allows',
    path: pathOf('team-red', 'busybox', 'v1'),
    headers: restricted,
    status: 404,
    example: 'organization-not-found',
  },

  {
    title: 'beyond the limit',
    path: pathOf('group', 'busybox', 'v1'),
    headers: allowed,
    status: 429,
    example: 'throttled',
    given: 'throttled',
  },
  {
    title: 'the storage fails',
    path: pathOf('group', 'busybox', 'v1'),
    headers: allowed,
    status: 500,
    example: 'storage-failure',
    given: 'storage-failure',
  },

  {
    title: 'an identity service that does not answer',
    path: V1,
    headers: { 'X-Auth-Token': 'nobody' },
    status: 500,
    example: 'authentication-unavailable',
    given: 'authentication-unavailable',
  },

  ...[
    '/',
    '/v2',
    '/v2/manage/namespaces/group/repos/team/app/tags/v1',
    `${pathOf('group', 'busybox', 'v1')}/`,
    pathOf('group', 'busybox', ''),
    pathOf('group', 'busybox', 'v1').replace('/tags/', '/Tags/'),
    pathOf('group', 'busybox', 'v1').replace('/v2/', '/V2/'),
    `/${pathOf('group', 'busybox', 'v1')}`,
    '*',
    '/%zz',
    'http://h?x',
    'a://b',
    'http://%zz@h/x',
    '//%zz@h/x#',
    'http://h',
    'http://h/',
    '//',
  ].map((path) => refused(path, 404, 'api-not-found')),
];

function refused(
  path: string,
  status: number,
  example: string,
  title = path.length > 200 ? `${path.slice(0, 200)}…` : path,
): Case {
  return { title, path, headers: allowed, status, example };
}

function without(example: string, headers: Readonly<Record<string, string>>, title: string): Case {
  return { title, path: pathOf('group', 'busybox', 'v1'), headers, status: 401, example };
}
