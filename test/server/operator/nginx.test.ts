// The server behind real nginx, by the samples of server/README.md.
import { readFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { privatelySigned } from '../../support/certificates.ts';
import { runCommand } from '../../support/command.ts';
import { type Nginx, startNginx } from '../../support/nginx.ts';
import { sdkDelete } from '../../support/official-sdk.ts';
import { freePort } from '../../support/ports.ts';
import { goodCredentials, SECRET, useServerProcesses } from '../../support/server-processes.ts';

const KEYS = { accessKey: 'AKCI', secretKey: 'secret-key-4711' };
const credentials = `${goodCredentials}    accessKey: ${KEYS.accessKey}\n    secretKey: ${KEYS.secretKey}\n`;

const page = await readFile(new URL('../../../server/README.md', import.meta.url), 'utf8');
const [unchanged = '', underPrefix = ''] = [...page.matchAll(/```nginx\n([\s\S]*?)```/g)].map(([, sample]) => sample);
/** As nginx does without a word about Host. */
const otherHost = unchanged.replace(/^ *proxy_set_header Host .*\n/m, '');
const withoutTls = (sample: string) => sample.replace(' ssl;', ';').replaceAll(/^ *ssl_.*\n/gm, '');

const servers = useServerProcesses();
let nginx: Nginx | undefined;
afterEach(() => nginx?.stop());

/**
 * Starts nginx with a sample, and the server behind it.
 * @param publicPath the path of PUBLIC_URL; undefined leaves it out
 * @returns where nginx listens, and a function that runs the bulk delete there
 */
async function start(sample: string, publicPath?: string) {
  const { key, certificate, authority } = await privatelySigned(servers.directory);
  const serverPort = await freePort();
  nginx = await startNginx(servers.directory, (port) =>
    sample
      .replace('listen 443', `listen 127.0.0.1:${port}`)
      .replace('127.0.0.1:8080', `127.0.0.1:${serverPort}`)
      .replace('/etc/nginx/swr.example.pem', certificate)
      .replace('/etc/nginx/swr.example.key', key),
  );
  const origin = `${sample.includes(' ssl;') ? 'https' : 'http'}://127.0.0.1:${nginx.port}`;
  const server = servers.start({
    PORT: String(serverPort),
    DATA_DIR: servers.dataDir,
    CREDENTIALS_FILE: await servers.credentialsFile(credentials),
    ...(publicPath !== undefined && { PUBLIC_URL: `${origin}${publicPath}` }),
  });
  const direct = await server.url;
  const run = (caller: Record<string, string>, path: string, reference: string, at = origin) =>
    runCommand(['--endpoint', `${at}${path}`, reference], { env: { NODE_EXTRA_CA_CERTS: authority, ...caller } });
  return { origin, direct, run };
}

const token = { SWR_TOKEN: SECRET };
const signature = { SWR_ACCESS_KEY: KEYS.accessKey, SWR_SECRET_KEY: KEYS.secretKey };

test.each([
  { proxy: 'keeps host and path', sample: unchanged, publicPath: undefined, path: '' },
  { proxy: 'changes the host', sample: otherHost, publicPath: '/', path: '' },
  { proxy: 'strips a prefix', sample: underPrefix, publicPath: '/swr', path: '/swr' },
])('Token and signature work through nginx with TLS that $proxy', async ({ sample, publicPath, path }) => {
  const { run } = await start(sample, publicPath);
  expect(await run(token, path, 'group/busybox:v1')).toMatchObject({ code: 0, stdout: 'deleted group/busybox:v1\n' });
  expect(await run(signature, path, 'group/busybox:v2')).toMatchObject({
    code: 0,
    stdout: 'deleted group/busybox:v2\n',
  });
  expect(await run(signature, path, 'group/team/app:v1')).toMatchObject({
    code: 0,
    stdout: 'deleted group/team/app:v1\n',
  });
});

test('Without PUBLIC_URL a signature for another host or path is refused, and a token works', async () => {
  const { run } = await start(underPrefix);
  expect(await run(signature, '/swr', 'group/busybox:v1')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('401'),
  });
  expect(await run(token, '/swr', 'group/busybox:v1')).toMatchObject({ code: 0 });
});

test('With PUBLIC_URL a signature for any other URL is refused', async () => {
  const { direct, run } = await start(underPrefix, '/swr');
  expect(await run(signature, '', 'group/busybox:v1', direct)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('401'),
  });
});

test.each(['team$app', 'team%24app'])(
  'The official SDK reaches a repository as %s behind a prefix',
  async (repository) => {
    const { origin } = await start(withoutTls(underPrefix), '/swr');
    const image = { namespace: 'group', repository, tag: 'v1' };
    expect(await sdkDelete(`${origin}/swr`, KEYS, image)).toMatchObject({ httpStatusCode: 204 });
  },
);
