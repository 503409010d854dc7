// The server as a process beside a real Keystone, as an operator runs them.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeSamples } from '../../../server/stores/layout/samples.ts';
import { privatelySigned } from '../../support/certificates.ts';
import { expectExample } from '../../support/contract.ts';
import { startForwardProxy } from '../../support/forward-proxy.ts';
import {
  inProject,
  isKeystoneMissing,
  type Keystone,
  makeMember,
  startKeystone,
} from '../../support/keystone/keystone.ts';
import type { ServerProcess } from '../../support/process.ts';
import { areMissing } from '../../support/programs.ts';
import { json, startScriptedIam, validToken } from '../../support/scripted-iam.ts';
import { goodCredentials, SECRET, useServerProcesses } from '../../support/server-processes.ts';
import { inTlsFrontOf } from '../../support/tls.ts';
import { ask, requestText } from '../../support/wire.ts';

const servers = useServerProcesses();

const selecting = `principals:
  - name: group-operators
    iam: {domain: Default, project: group, roles: [swr_admin]}
    namespaces: [group]
`;

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function startAsking(url: string, credentials: string, env: Record<string, string> = {}): Promise<ServerProcess> {
  const file = await servers.credentialsFile(credentials);
  return servers.start({ DATA_DIR: servers.dataDir, CREDENTIALS_FILE: file, OS_AUTH_URL: url, ...env });
}

/** Deletes a tag of the samples; 404 is as good as 204, where only the token matters. */
const deletion = async (server: ServerProcess, token: string, tag = 'v2') =>
  ask(
    await server.url,
    requestText(`DELETE /v2/manage/namespaces/group/repos/busybox/tags/${tag}`, { 'X-Auth-Token': token }),
  );

const readiness = async (server: ServerProcess) => {
  const response = await fetch(`${await server.adminUrl}/readyz`);
  return `${response.status} ${await response.text()}`;
};

describe.skipIf(isKeystoneMissing())('Beside a real Keystone', () => {
  let keystone: Keystone;
  let token: () => Promise<string>;
  beforeAll(async () => {
    keystone = await startKeystone();
    const { identity } = await makeMember(keystone, 'alice', 'group', 'swr_admin');
    token = () => keystone.token(identity, inProject('group'));
  });
  afterAll(() => keystone?.stop());

  test('Metrics count checks and cache, and the log names the user', async () => {
    // Without /v3, as some operators write it.
    const server = await startAsking(keystone.url.replace('/v3', '/'), selecting);
    const alice = await token();
    expect((await deletion(server, alice)).status).toBe(204);
    expectExample(await deletion(server, alice), 'tag-not-found');
    expectExample(await deletion(server, 'garbage'), 'unknown-token');
    expectExample(await deletion(server, 'garbage'), 'unknown-token');
    expect(await readiness(server)).toBe('200 ready\n');
    const metrics = await (await fetch(`${await server.adminUrl}/metrics`)).text();
    for (const line of [
      'swr_iam_checks_total{result="valid"} 1',
      'swr_iam_checks_total{result="invalid"} 1',
      'swr_iam_cache_total{result="hit"} 1',
      'swr_iam_cache_total{result="negative"} 1',
      'swr_iam_cache_total{result="miss"} 2',
      'swr_iam_check_seconds_count 2',
      'swr_iam_checks_in_flight 0',
      'swr_iam_circuit_open 0',
    ]) {
      expect(metrics).toContain(line);
    }
    expect(server.stdout()).toContain('"principal":"alice@Default"');
    expect(server.stdout()).not.toContain(alice.slice(0, 40));
  });

  test('A revoked token may delete where it is in the cache, and another server refuses it at once', async () => {
    const server = await startAsking(keystone.url, selecting, { IAM_CACHE_SECONDS: '300' });
    const alice = await token();
    expect((await deletion(server, alice, 'v1')).status).toBe(204);
    await keystone.revoke(alice);
    // Of its own images: those on disk belong to one server at a time.
    const images = `${servers.directory}/other`;
    await makeSamples(images);
    const other = await startAsking(keystone.url, selecting, { DATA_DIR: images });
    expectExample(await deletion(other, alice), 'unknown-token');
    expect((await deletion(server, alice, 'v2')).status).toBe(204);
  });

  test('300 made-up tokens at once are refused, and a caller with a good token is served meanwhile', async () => {
    const server = await startAsking(keystone.url, selecting);
    const alice = await token();
    expect((await deletion(server, alice, 'v1')).status).toBe(204);
    const crowd = Array.from({ length: 300 }, (_, at) => deletion(server, `gAAAAA-made-up-${at}`));
    expect((await deletion(server, alice)).status).toBe(204);
    const statuses = (await Promise.all(crowd)).map(({ status }) => status);
    expect(statuses.filter((status) => status !== 401 && status !== 429)).toEqual([]);
    expect(statuses.filter((status) => status === 401).length).toBeGreaterThan(0);
    expect((await deletion(server, await token())).status).toBe(404);
  });

  test('If Keystone is killed in the middle of a check the answer is 500, callers in the cache go on, and it works again once Keystone is back', async () => {
    const server = await startAsking(keystone.url, selecting, { IAM_CACHE_SECONDS: '300' });
    const [known, other] = [await token(), await token()];
    expect((await deletion(server, known)).status).toBe(204);
    keystone.child.kill('SIGSTOP');
    const checked = deletion(server, other);
    await expect
      .poll(async () => (await fetch(`${await server.adminUrl}/metrics`)).text())
      .toContain('swr_iam_checks_in_flight 1');
    keystone.child.kill('SIGKILL');
    expectExample(await checked, 'authentication-unavailable');
    expectExample(await deletion(server, known), 'tag-not-found');
    await expect.poll(() => readiness(server)).toMatch(/^503 identity service: iam-unreachable: ECONNREFUSED/);
    const back = await startKeystone({ directory: keystone.directory, port: keystone.port });
    cleanUps.push(() => back.stop());
    await expect.poll(async () => (await deletion(server, other)).status, { timeout: 10_000 }).toBe(404);
    await expect.poll(() => readiness(server), { timeout: 10_000 }).toBe('200 ready\n');
  });
});

test('Without its identity service the server starts, warns, serves the callers of the file, and is ready with a remark', async () => {
  const credentials = goodCredentials + selecting.replace('principals:\n', '');
  const server = await startAsking('http://127.0.0.1:9/v3', credentials);
  expect((await deletion(server, SECRET)).status).toBe(204);
  expectExample(await deletion(server, 'a-token'), 'authentication-unavailable');
  expect(await readiness(server)).toBe('200 ready\nidentity service: iam-unreachable: ECONNREFUSED\n');
  expect(server.stdout()).toContain('"msg":"identity service not reached"');
});

test.skipIf(areMissing('openssl'))(
  'An identity service with a private authority is trusted if OS_CACERT names the authority, and only then',
  async () => {
    const made = await privatelySigned(servers.directory);
    const service = createServer(
      { key: await readFile(made.key), cert: await readFile(made.certificate) },
      (_, response) => response.writeHead(200).end(JSON.stringify(validToken())),
    );
    await once(service.listen(0, '127.0.0.1'), 'listening');
    cleanUps.push(async () => {
      service.closeAllConnections();
      service.close();
    });
    const url = `https://127.0.0.1:${(service.address() as AddressInfo).port}`;
    const trusting = await startAsking(url, selecting, { OS_CACERT: made.authority });
    expect((await deletion(trusting, 'a-token')).status).toBe(204);
    trusting.child.kill('SIGKILL');
    await trusting.ended;
    const doubting = await startAsking(url, selecting);
    expectExample(await deletion(doubting, 'a-token'), 'authentication-unavailable');
  },
);

test.skipIf(areMissing('openssl', 'tinyproxy'))(
  'Checks go through the tunnel of HTTPS_PROXY, OS_CACERT holds for the identity service behind it, and no token is shown to the proxy',
  async () => {
    const proxy = await startForwardProxy();
    cleanUps.push(proxy.stop);
    const iam = await startScriptedIam(json(200, validToken()));
    cleanUps.push(iam.close);
    const made = await privatelySigned(servers.directory);
    const front = await inTlsFrontOf(iam.url, made);
    cleanUps.push(async () => front.close());
    const settings = { OS_CACERT: made.authority, HTTPS_PROXY: proxy.url };
    const server = await startAsking(front.url, selecting, settings);
    expect((await deletion(server, 'a-token')).status).toBe(204);
    expect(iam.asked).toContain('a-token');
    expect(new Set(proxy.requests())).toEqual(new Set([`CONNECT ${new URL(front.url).host}`]));
    server.child.kill('SIGKILL');
    await server.ended;
    const exempt = await startAsking(front.url, selecting, { ...settings, NO_PROXY: '127.0.0.1' });
    expect((await deletion(exempt, 'a-token', 'v1')).status).toBe(204);
    expect(proxy.requests()).toEqual([]);
  },
);

test.skipIf(areMissing('tinyproxy'))(
  'Checks over plain http never go through a proxy, which would see tokens',
  async () => {
    const proxy = await startForwardProxy();
    cleanUps.push(proxy.stop);
    const iam = await startScriptedIam(json(200, validToken()));
    cleanUps.push(iam.close);
    const server = await startAsking(iam.url, selecting, { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
    expect((await deletion(server, 'a-token')).status).toBe(204);
    expect(proxy.requests()).toEqual([]);
  },
);

describe('With invalid settings of the identity service the server exits with 2', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    [
      'a URL without TLS beyond this machine',
      { OS_AUTH_URL: 'http://keystone.example:5000/v3' },
      /OS_AUTH_URL: must begin with https:/,
    ],
    ['no URL', { OS_AUTH_URL: 'keystone' }, /OS_AUTH_URL: must be a URL such as https:/],
    [
      'secrets in the URL',
      { OS_AUTH_URL: 'https://a:b@keystone.example/v3' },
      /OS_AUTH_URL: must not contain credentials/,
    ],
    ['version 2', { OS_AUTH_URL: 'https://keystone.example/v2.0' }, /OS_AUTH_URL: must be of version 3/],
    [
      'a file without a certificate',
      { OS_AUTH_URL: 'https://keystone.example', OS_CACERT: '/etc/passwd' },
      /OS_CACERT \/etc\/passwd: contains no PEM certificate/,
    ],
    [
      'a cache for too long',
      { OS_AUTH_URL: 'https://keystone.example', IAM_CACHE_SECONDS: '301' },
      /IAM_CACHE_SECONDS: must be at most 300/,
    ],
    ['iam entries without OS_AUTH_URL', {}, /CREDENTIALS_FILE: iam has an effect only with OS_AUTH_URL/],
    [
      'a cache without OS_AUTH_URL',
      { IAM_CACHE_SECONDS: '1' },
      /IAM_CACHE_SECONDS: has an effect only with OS_AUTH_URL/,
    ],
  ])('%s', async (_, env, message) => {
    const file = await servers.credentialsFile(selecting);
    const server = servers.start({ DATA_DIR: servers.dataDir, CREDENTIALS_FILE: file, ...env });
    expect(await server.ended).toBe(2);
    expect(server.stderr()).toMatch(message);
  });

  test('an identity service without a credentials file', async () => {
    const server = servers.start({ DATA_DIR: servers.dataDir, OS_AUTH_URL: 'https://keystone.example' });
    expect(await server.ended).toBe(2);
    expect(server.stderr()).toMatch(/OS_AUTH_URL: needs CREDENTIALS_FILE/);
  });
});
