// A registry behind a real forward proxy.
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { Connection } from '../../../../server/stores/registry/api/connection.ts';
import { privatelySigned } from '../../../support/certificates.ts';
import { answering } from '../../../support/faults.ts';
import { type ForwardProxy, startForwardProxy } from '../../../support/forward-proxy.ts';
import { goodCredentials, SECRET, useServerProcesses } from '../../../support/server-processes.ts';
import { inTlsFrontOf } from '../../../support/tls.ts';
import { APP, startFilled } from './scripted.ts';

const TAG_PATH = '/v2/manage/namespaces/group/repos/app/tags/v1';

const servers = useServerProcesses();
let proxy: ForwardProxy;
beforeEach(async () => {
  proxy = await startForwardProxy();
});
afterEach(() => proxy.stop());

/** Starts the server and deletes v1. @returns the status */
async function deleteThrough(env: Record<string, string>): Promise<number> {
  const server = servers.start({
    STORE: 'registry',
    DATA_DIR: servers.dataDir,
    CREDENTIALS_FILE: await servers.credentialsFile(goodCredentials),
    ...env,
  });
  const headers = { 'X-Auth-Token': SECRET };
  return (await fetch(`${await server.url}${TAG_PATH}`, { method: 'DELETE', headers })).status;
}

test('http goes through HTTP_PROXY in absolute form, as curl sends it', async () => {
  const registry = await startFilled();
  expect(await deleteThrough({ REGISTRY_URL: registry.url.href, HTTP_PROXY: proxy.url })).toBe(204);
  expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
  const requests = proxy.requests();
  expect(requests.length).toBe(registry.requests.length);
  for (const line of requests) expect(line).toMatch(new RegExp(`^(?:GET|PUT|DELETE) ${registry.url.origin}/v2/`));
});

test('https goes through a tunnel of HTTPS_PROXY, and REGISTRY_CA_FILE holds for the registry', async () => {
  const registry = await startFilled();
  const certificate = await privatelySigned(servers.directory);
  const front = await inTlsFrontOf(registry.url.href, certificate);
  onTestFinished(front.close);
  const env = { REGISTRY_URL: front.url, HTTPS_PROXY: proxy.url, REGISTRY_CA_FILE: certificate.authority };
  expect(await deleteThrough(env)).toBe(204);
  expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
  expect(new Set(proxy.requests())).toEqual(new Set([`CONNECT ${new URL(front.url).host}`]));
});

test('A registry in NO_PROXY is reached without a proxy', async () => {
  const registry = await startFilled();
  const env = { REGISTRY_URL: registry.url.href, HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' };
  expect(await deleteThrough(env)).toBe(204);
  expect(proxy.requests()).toEqual([]);
});

test('A proxy that is not a URL ends the start, and its password is not printed', async () => {
  const server = servers.start({ HTTPS_PROXY: 'ftp://user:SECRET@proxy.example', PORT: 'x' });
  expect(await server.ended).toBe(2);
  expect(server.stderr()).toContain('HTTPS_PROXY: must be a URL');
  expect(server.stderr()).toContain('PORT: must be');
  expect(server.stderr()).not.toContain('SECRET');
});

test('An answer that is too long is refused behind a proxy, too', async () => {
  const registry = await startFilled({ fault: () => answering(200, {}, ' '.repeat(5 * 1024 * 1024)) });
  vi.stubEnv('HTTP_PROXY', proxy.url);
  onTestFinished(() => void vi.unstubAllEnvs());
  const connection = new Connection({});
  onTestFinished(() => connection.close());
  await expect(connection.send(registry.url, { method: 'GET' })).rejects.toMatchObject({ kind: 'not-understood' });
  expect(proxy.requests()).toEqual([`GET ${registry.url.href}`]);
});
