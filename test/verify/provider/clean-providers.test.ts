// Providers that keep the contract come out of the check clean, however they are built: a check that cries wolf is not
// listened to.
import { writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { listedImages } from '../../../mock/sessions/images.ts';
import { tokenSha256 } from '../../../server/http/auth/token.ts';
import { readContract } from '../../../verify/contract/read-contract.ts';
import type { Fixtures } from '../../../verify/fixtures.ts';
import { verifyProvider } from '../../../verify/provider/verify-provider.ts';
import type { Finding, Verdict } from '../../../verify/report/model.ts';
import { startMock } from '../../mock/start-mock.ts';
import { writeLayout } from '../../server/stores/layout/synthetic.ts';
import { type ServerProcess, startServerProcess } from '../../support/process.ts';
import { areMissing, temporaryDirectory } from '../../support/programs.ts';
import { startRegistry } from '../../support/registry.ts';
import { RegistryClient } from '../../support/registry-client.ts';
import { startMinimalProvider } from './minimal-provider.ts';

const contract = await readContract();

const TAGS = ['v1', 'v10', 'V1', ...Array.from({ length: 7 }, (_, index) => `v${index + 2}`)];
const ALLOWED = { token: 'token-of-the-allowed', accessKey: 'AKALLOWED', secretKey: 'secret-of-the-allowed' };
const FORBIDDEN = { token: 'token-of-the-forbidden', accessKey: 'AKFORBIDDEN', secretKey: 'secret-of-the-forbidden' };
const fixtures: Fixtures = {
  credentials: { allowed: ALLOWED, forbidden: FORBIDDEN },
  images: { namespace: 'group', repository: 'team/app', tags: TAGS },
  absent: { tag: 'no-such-tag', repository: 'no-such-repo', namespace: 'no-such-org' },
  provoke: {},
};
const TOKENS_ONLY = { allowed: { token: ALLOWED.token }, forbidden: { token: FORBIDDEN.token } };

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

const check = async (baseUrl: string, its: Fixtures) =>
  (await verifyProvider({ baseUrl, fixtures: its, contract, seed: 1 })).findings;

/** What was found wrong, in a line each. */
const violations = (findings: readonly Finding[]) =>
  findings.flatMap(({ id, violations: all }) => all.map(({ message }) => `${id}: ${message.slice(0, 300)}`));

/** The causes of findings with a verdict, each once. */
const causes = (verdict: Verdict, findings: readonly Finding[]) =>
  new Set(findings.filter((one) => one.verdict === verdict).map(({ cause }) => cause));

/** A server in front of one of its stores. */
interface Server {
  readonly url: string;
  /** What its fixtures have unlike those above. */
  readonly its: Partial<Fixtures>;
  /** The causes that nobody can bring about here. */
  readonly notVerified: readonly string[];
}

interface ServerKind {
  /** Programs that it needs. */
  readonly needs: readonly string[];
  /** Starts it with the fixtures' tags in the store. */
  start(directory: string): Promise<Server>;
}

const image = (repository: string, tag: string) => ({ namespace: 'group', repository, tag });
const PROTECTED = { 'tag-protected': image('team/app', 'keep') };
/** Nobody waits for a minute, and the limit of requests is off. */
const NEVER = ['request-timeout', 'throttled', 'temporary-access-key', 'authentication-unavailable'];

/** By the store that the server has. */
const servers: Readonly<Record<string, ServerKind>> = {
  layout: {
    needs: [],
    start: async (directory) => {
      const dataDir = `${directory}/images`;
      await writeLayout(`${dataDir}/group/team/app`, TAGS);
      await writeLayout(`${dataDir}/group/broken`, ['v1']);
      await writeFile(`${dataDir}/group/broken/index.json`, '{"schemaVersion":2,"manifests":');
      const url = await startServer(directory, { DATA_DIR: dataDir });
      return { url, its: { provoke: { 500: image('broken', 'v1'), ...PROTECTED } }, notVerified: NEVER };
    },
  },
  registry: {
    needs: ['docker-registry'],
    start: async (directory) => {
      const registry = await startRegistry();
      cleanUps.push(registry.stop);
      // All of one digest: a registry deletes them together, where it is asked by digest.
      await new RegistryClient(registry.url).push(
        'group/team/app',
        TAGS.map((tag) => [tag, 'the same']),
      );
      const env = { STORE: 'registry', REGISTRY_URL: registry.url, DATA_DIR: directory };
      const url = await startServer(directory, env);
      // A registry knows repositories only: what it lacks is one of those, whatever the organization.
      const { namespace: _, ...absent } = fixtures.absent;
      const its = { provoke: PROTECTED, absent };
      return { url, its, notVerified: [...NEVER, 'organization-not-found', 'storage-failure'] };
    },
  },
};

describe('nothing is found wrong', () => {
  for (const [store, { needs, start }] of Object.entries(servers)) {
    test.skipIf(areMissing(...needs))(`with the server and its ${store} store`, async () => {
      const { path, remove } = await temporaryDirectory();
      cleanUps.push(remove);
      const { url, its, notVerified } = await start(path);
      const findings = await check(url, { ...fixtures, ...its });
      expect(violations(findings)).toEqual([]);
      expect(causes('not-verified', findings)).toEqual(new Set(notVerified));
    });
  }

  test('with a provider of another build, that knows tokens only', async () => {
    const { url, close } = await startMinimalProvider({
      images: { group: { 'team/app': TAGS } },
      tokens: { [ALLOWED.token]: ['group', fixtures.absent.namespace ?? ''], [FORBIDDEN.token]: ['elsewhere'] },
    });
    cleanUps.push(close);
    const findings = await check(url, { ...fixtures, credentials: TOKENS_ONLY });
    expect(violations(findings)).toEqual([]);
    expect(causes('verified', findings)).toContain('success');
  });

  test('with the mock, but for what it says it does not keep: who has which token or key', async () => {
    const images = TAGS.map((tag) => ({ namespace: 'group', repository: 'team$app', tag }));
    const { url, close } = await startMock({ images: listedImages(images) });
    cleanUps.push(close);
    const findings = await check(url, { ...fixtures, credentials: { allowed: ALLOWED } });
    // Whoever is let in deletes, and so the tag that strangers ask for is gone.
    const others = findings.filter(({ id }) => id !== 'delete/strangers-changed-nothing');
    expect(causes('violated', others)).toEqual(new Set(['unknown-token', 'bad-signature']));
  });
});

async function startServer(directory: string, env: Record<string, string>): Promise<string> {
  const principals = [
    { name: 'allowed', ...ALLOWED, namespaces: ['group', 'no-such-org'] },
    { name: 'forbidden', ...FORBIDDEN, namespaces: ['elsewhere'] },
  ].map(({ token, ...one }) => ({ ...one, tokenSha256: tokenSha256(token) }));
  const file = `${directory}/credentials.yaml`;
  await writeFile(file, stringify({ principals }));
  const started: ServerProcess = startServerProcess({ CREDENTIALS_FILE: file, PROTECTED_TAGS: 'keep', ...env });
  cleanUps.push(async () => {
    started.child.kill('SIGTERM');
    await started.ended;
  });
  return started.url;
}
