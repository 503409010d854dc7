// Registries as operators set them up: switched off, behind a login, with a private certificate.
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../../server/store.ts';
import { openRegistryStore, type RegistryStoreOptions } from '../../../../server/stores/registry/registry-store.ts';
import { privatelySigned, selfSigned } from '../../../support/certificates.ts';
import { copyImage, makeImages, pullImage } from '../../../support/images.ts';
import { areMissing, temporaryDirectory } from '../../../support/programs.ts';
import { CREDENTIALS, DELETES, type Registry, startRegistry } from '../../../support/registry.ts';
import { type Login, RegistryClient } from '../../../support/registry-client.ts';
import { startServer, TOKEN } from '../../../support/server.ts';
import { startTokenServer } from '../../../support/token-server.ts';
import { appTag, numbered, outcome, recordedLog } from '../layout/synthetic.ts';

const APP = 'group/app';
const RIGHT = { username: CREDENTIALS.username, password: CREDENTIALS.password };
const WRONG = { username: CREDENTIALS.username, password: 'wrong-password' };

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
/** Open and writable. The others use its storage. */
let registry: Registry;
let client: RegistryClient;
let undo: (() => Promise<unknown>)[];
let logged: ReturnType<typeof recordedLog>;

async function start(options: Parameters<typeof startRegistry>[0]): Promise<Registry> {
  const started = await startRegistry({ ...options, storage: registry.storage });
  undo.push(started.stop);
  return started;
}

async function open({ url }: { url: string }, options: Partial<RegistryStoreOptions> = {}): Promise<Store> {
  const stateDir = await temporaryDirectory();
  const store = await openRegistryStore({ url: new URL(url), stateDir: stateDir.path, ...options }, logged.log);
  undo.push(stateDir.remove, () => store.close());
  return store;
}

const pullApp = (tag: string) =>
  pullImage(`docker://${new URL(registry.url).host}/${APP}:${tag}`, '--src-tls-verify=false');

const logText = () => JSON.stringify(logged.lines);

describe.skipIf(areMissing('docker-registry', 'skopeo', 'umoci', 'openssl'))('Registries', () => {
  beforeAll(async () => {
    directory = await temporaryDirectory();
    await makeImages(`${directory.path}/images`);
    registry = await startRegistry();
    client = new RegistryClient(registry.url);
  });

  beforeEach(async () => {
    undo = [];
    logged = recordedLog();
    const to = `docker://${new URL(registry.url).host}/${APP}:v1`;
    await copyImage(`oci:${directory.path}/images:first`, to, '--dest-tls-verify=false');
    await client.retag(APP, 'v1', ['v2', 'v3']);
  });

  afterEach(async () => {
    for (const act of undo.toReversed()) await act();
  });

  afterAll(async () => {
    await registry.stop();
    await directory.remove();
  });

  if (DELETES === 'by-tag-even-if-off') {
    describe('A registry that deletes tags with deletion switched off', () => {
      test('Exactly the tag is gone, and its siblings still pull (mode auto)', async () => {
        const before = await pullApp('v2');
        const store = await open(await start({ deletion: false }));
        expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
        expect(await client.tags(APP)).toEqual(['v2', 'v3']);
        expect(await pullApp('v2')).toEqual(before);
      });

      test('A delete through a placeholder fails, and nothing is written', async () => {
        const off = await start({ deletion: false });
        const store = await open(off, { deleteMode: 'fallback' });
        expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deletion-disabled');
        expect(await off.requests('PUT', 'POST', 'PATCH')).toEqual([]);
        expect(await client.tags(APP)).toEqual(['v1', 'v2', 'v3']);
      });
    });
  }

  describe.each([
    ...(DELETES === 'by-tag-even-if-off'
      ? []
      : [['A registry with deletion switched off', { deletion: false }, 'deletion-disabled'] as const]),
    ['A registry that is read-only', { readOnly: true }, 'read-only'] as const,
  ])('%s', (_, mode, kind) => {
    test.each(['auto', 'tag', 'fallback'] as const)(
      'A delete writes nothing, and every tag still pulls (mode %s)',
      async (deleteMode) => {
        const off = await start(mode);
        const before = await pullApp('v1');
        const store = await open(off, { deleteMode });
        const tags = ['v1', 'v1', 'v2', 'v3'];
        const outcomes = await Promise.all(tags.map((tag) => outcome(store.deleteTag(appTag(tag)))));
        expect(outcomes).toEqual(tags.map(() => kind));
        expect(await off.requests('PUT', 'POST', 'PATCH')).toEqual([]);
        expect(await off.requests('DELETE')).not.toEqual([]);
        expect(await client.tags(APP)).toEqual(['v1', 'v2', 'v3']);
        for (const tag of ['v1', 'v2', 'v3']) expect(await pullApp(tag)).toEqual(before);
      },
    );

    test('A delete is answered 500, and the log names the reason', async () => {
      const server = await startServer({ store: await open(await start(mode)) });
      undo.push(server.close);
      const response = await fetch(`${server.url}/v2/manage/namespaces/group/repos/app/tags/v1`, {
        method: 'DELETE',
        headers: { 'X-Auth-Token': TOKEN },
      });
      expect(response.status).toBe(500);
      expect(JSON.stringify(await response.json())).not.toContain(kind);
      await expect.poll(() => JSON.stringify(server.logged) + logText()).toContain(kind);
    });

    test('Deletes work as soon as deletion is switched on', async () => {
      const off = await start(mode);
      const store = await open(off);
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe(kind);
      await off.stop();
      await start({ port: Number(new URL(off.url).port) });
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
      expect(await client.tags(APP)).toEqual(['v2', 'v3']);
    });
  });

  describe('A registry that asks for a name and a password', () => {
    test('The configured login works, and its password is in no log', async () => {
      const store = await open(await start({ auth: 'htpasswd' }), { credentials: RIGHT });
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
      await expect(store.ready()).resolves.toBeUndefined();
      expect(await client.tags(APP)).toEqual(['v2', 'v3']);
      for (const secret of [RIGHT.password, CREDENTIALS.header.slice(6)]) expect(logText()).not.toContain(secret);
    });

    test.each([
      ['a wrong password', { credentials: WRONG }],
      ['no login', {}],
    ])('A delete with %s is unauthorized, and nothing is deleted', async (_, options) => {
      const { url, requests } = await start({ auth: 'htpasswd' });
      const store = await open({ url }, options);
      const failure = await store.deleteTag(appTag('v1')).catch((error: unknown) => error);
      expect(failure).toMatchObject({ kind: 'unauthorized' });
      await expect(store.ready()).rejects.toMatchObject({ kind: 'unauthorized' });
      expect(await requests('PUT')).toEqual([]);
      expect(await client.tags(APP)).toEqual(['v1', 'v2', 'v3']);
      expect(String(failure) + JSON.stringify(failure) + logText()).not.toContain(WRONG.password);
    });

    test.each([
      ['host and port', (host: string) => host],
      ['address', (host: string) => `http://${host}`],
      ['address and version', (host: string) => `http://${host}/v2/`],
    ])('A login from an auth.json works under the %s of the registry', async (_, keyOf) => {
      const { url } = await start({ auth: 'htpasswd' });
      const authFile = `${directory.path}/auth.json`;
      const auth = (login: Login) => Buffer.from(`${login.username}:${login.password}`).toString('base64');
      const auths = {
        '127.0.0.1:1': { auth: auth(WRONG) },
        [keyOf(new URL(url).host)]: { auth: auth(RIGHT) },
        'registry.example': { auth: auth(WRONG) },
      };
      await writeFile(authFile, JSON.stringify({ auths }));
      const store = await open({ url }, { authFile });
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    });

    test('A login for other registries is not used', async () => {
      const { url } = await start({ auth: 'htpasswd' });
      const authFile = `${directory.path}/auth.json`;
      await writeFile(authFile, JSON.stringify({ auths: { '127.0.0.1:1': { auth: CREDENTIALS.header.slice(6) } } }));
      expect(await outcome((await open({ url }, { authFile })).deleteTag(appTag('v1')))).toBe('unauthorized');
    });
  });

  describe('A registry that asks for tokens', () => {
    let tokens: Awaited<ReturnType<typeof startTokenServer>>;
    let guarded: Registry;

    beforeEach(async () => {
      tokens = await startTokenServer(directory.path);
      undo.push(() => tokens.close());
      guarded = await start({ auth: tokens.registryAuth });
    });

    test('A token is used until it expires', async () => {
      await client.retag(APP, 'v1', numbered('v', 10));
      const store = await open(guarded, { credentials: RIGHT });
      for (const tag of ['v1', 'v2', ...numbered('v', 10)])
        expect(await outcome(store.deleteTag(appTag(tag))), tag).toBe('deleted');
      expect(await client.tags(APP)).toEqual(['v3']);
      const asked = tokens.scopes.map((scopes) => scopes.toSorted().join(' '));
      expect(asked, 'asked for the same twice').toEqual([...new Set(asked)]);
      expect(asked.join()).toContain(`repository:${APP}:`);
    });

    test('A new token is fetched when the last one has expired', async () => {
      tokens.expiresIn = 2;
      const store = await open(guarded, { credentials: RIGHT });
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
      const before = tokens.scopes.length;
      await delay(2_200);
      expect(await outcome(store.deleteTag(appTag('v2')))).toBe('deleted');
      expect(tokens.scopes.length).toBeGreaterThan(before);
    });

    test.each(['all', 'none'] as const)(
      'A token that the registry refuses fails the delete as unauthorized, and is not kept: * gives %s',
      async (star) => {
        tokens.star = star;
        tokens.staleBy = 120;
        const store = await open(guarded, { credentials: RIGHT });
        expect(await outcome(store.deleteTag(appTag('v1')))).toBe('unauthorized');
        tokens.staleBy = 0;
        expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
      },
    );

    test.each(['withheld', 'refused'] as const)(
      'A delete works with a service that grants it only for the scope *: %s',
      async (how) => {
        tokens.plainDelete = how;
        const store = await open(guarded, { credentials: RIGHT });
        expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
        expect(await client.tags(APP)).toEqual(['v2', 'v3']);
        expect(tokens.scopes.flat()).toContain(`repository:${APP}:*`);
      },
    );

    test('A delete with a wrong password for the token service is unauthorized', async () => {
      const store = await open(guarded, { credentials: WRONG });
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('unauthorized');
      expect(tokens.refusals).toBeGreaterThan(0);
      await expect(store.ready()).rejects.toMatchObject({ kind: 'unauthorized' });
      expect(logText()).not.toContain(WRONG.password);
    });

    test('A delete fails as unreachable if the token service is down', async () => {
      await tokens.close();
      const store = await open(guarded, { credentials: RIGHT });
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('unreachable');
      expect(await client.tags(APP)).toEqual(['v1', 'v2', 'v3']);
    });
  });

  describe('A registry with a certificate of a private authority', () => {
    test('A store with that authority trusts the registry', async () => {
      const tls = await privatelySigned(directory.path);
      const store = await open(await start({ tls }), { ca: await readFile(tls.authority, 'utf8') });
      await expect(store.ready()).resolves.toBeUndefined();
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    });

    test('A store without that authority fails, and the failure names the certificate', async () => {
      const tls = await privatelySigned(directory.path);
      const guarded = await start({ tls, auth: 'htpasswd' });
      const other = await selfSigned(`${directory.path}/other`, 'Another authority');
      for (const ca of [undefined, await readFile(other.certificate, 'utf8')]) {
        const store = await open(guarded, { credentials: RIGHT, ...(ca !== undefined && { ca }) });
        const failure = await store.deleteTag(appTag('v1')).catch((error: unknown) => error);
        expect(failure).toMatchObject({ kind: 'unreachable', message: expect.stringMatching(/certificate/i) });
      }
      // No request was sent, so no credentials were.
      expect(await guarded.requests('GET', 'HEAD', 'DELETE', 'PUT')).toEqual([]);
    });
  });

  test('A registry that is down is unreachable, and the store is not ready', async () => {
    const gone = await start({});
    const store = await open(gone);
    await expect(store.ready()).resolves.toBeUndefined();
    await gone.stop();
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('unreachable');
    await expect(store.ready()).rejects.toMatchObject({ kind: 'unreachable' });
  });
});
