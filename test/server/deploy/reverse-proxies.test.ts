// The server behind real nginx and HAProxy, by the samples of server/deploy/reverse-proxies.md.
import { cp, readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { privatelySigned } from '../../support/certificates.ts';
import { runCommand, runProcess } from '../../support/command.ts';
import { startHaproxy } from '../../support/haproxy.ts';
import { startNginx } from '../../support/nginx.ts';
import { sdkDelete } from '../../support/official-sdk.ts';
import { freePort } from '../../support/ports.ts';
import { areMissing, temporaryDirectory } from '../../support/programs.ts';
import { goodCredentials, SECRET, TAG_PATH, useServerProcesses } from '../../support/server-processes.ts';

const KEYS = { accessKey: 'AKCI', secretKey: 'secret-key-4711' };
const credentials = `${goodCredentials}    accessKey: ${KEYS.accessKey}\n    secretKey: ${KEYS.secretKey}\n`;

const page = await readFile(new URL('../../../server/deploy/reverse-proxies.md', import.meta.url), 'utf8');
const samplesOf = (program: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${program}\n([^]*?)\`\`\``, 'g'))].map(([, sample = '']) => sample);

const [nginxKeeps = '', nginxStrips = ''] = samplesOf('nginx');
const [haproxyKeeps = '', haproxyStrips = ''] = samplesOf('haproxy');

const proxies = [
  {
    program: 'nginx',
    startProxy: startNginx,
    keeps: nginxKeeps,
    /** As nginx does without a word about Host. */
    changes: nginxKeeps.replace(/^ *proxy_set_header Host .*\n/m, ''),
    strips: nginxStrips,
    stripsWithoutTls: nginxStrips.replace(' ssl;', ';').replaceAll(/^ *ssl_.*\n/gm, ''),
  },
  {
    program: 'haproxy',
    startProxy: startHaproxy,
    keeps: haproxyKeeps,
    changes: haproxyKeeps.replace('backend swr\n', 'backend swr\n  http-request set-header Host inner.example\n'),
    strips: haproxyStrips,
    stripsWithoutTls: haproxyStrips.replace(/ ssl crt .*/, ''),
  },
];

const servers = useServerProcesses();
let certificates: Awaited<ReturnType<typeof temporaryDirectory>>;
let made: Awaited<ReturnType<typeof privatelySigned>>;
beforeAll(async () => {
  certificates = await temporaryDirectory();
  made = await privatelySigned(certificates.path);
});
afterAll(() => certificates.remove());

let stopProxy: (() => Promise<void>) | undefined;
afterEach(() => stopProxy?.());

interface Wiring {
  readonly startProxy: typeof startNginx;
  readonly sample: string;
  /** The path of PUBLIC_URL; undefined leaves it out. */
  readonly publicPath?: string | undefined;
}

/**
 * Starts a proxy with a sample, and the server behind it.
 * @returns where the proxy listens, the server, and a function that runs the bulk delete there
 */
async function start({ startProxy, sample, publicPath }: Wiring) {
  const { key, certificate, both, authority } = made;
  const serverPort = await freePort();
  const proxy = await startProxy(servers.directory, (port) =>
    sample
      .replace('listen 443', `listen 127.0.0.1:${port}`)
      .replace('bind :443', `bind 127.0.0.1:${port}`)
      .replace('127.0.0.1:8080', `127.0.0.1:${serverPort}`)
      .replace('/etc/nginx/swr.example.pem', certificate)
      .replace('/etc/nginx/swr.example.key', key)
      .replace('/etc/haproxy/swr.example.pem', both),
  );
  stopProxy = proxy.stop;
  const origin = `${sample.includes(' ssl') ? 'https' : 'http'}://127.0.0.1:${proxy.port}`;
  const server = servers.start({
    PORT: String(serverPort),
    DATA_DIR: servers.dataDir,
    CREDENTIALS_FILE: await servers.credentialsFile(credentials),
    TRUST_PROXY: '1',
    ...(publicPath !== undefined && { PUBLIC_URL: `${origin}${publicPath}` }),
  });
  const direct = await server.url;
  const run = (caller: Record<string, string>, path: string, references: string, at = origin) =>
    runCommand(['--endpoint', `${at}${path}`, ...references.split(' ')], {
      env: { NODE_EXTRA_CA_CERTS: authority, ...caller },
    });
  return { origin, direct, run, server, authority };
}

const token = { SWR_TOKEN: SECRET };
const signature = { SWR_ACCESS_KEY: KEYS.accessKey, SWR_SECRET_KEY: KEYS.secretKey };

describe.each(proxies)('$program', ({ program, startProxy, keeps, changes, strips, stripsWithoutTls }) => {
  const missing = areMissing(program);

  test.skipIf(missing).each([
    { what: 'keeps host and path', sample: keeps, publicPath: undefined, path: '' },
    { what: 'changes the host', sample: changes, publicPath: '/', path: '' },
    { what: 'strips a prefix', sample: strips, publicPath: '/swr', path: '/swr' },
  ])('Token and signature work through a proxy with TLS that $what', async ({ sample, publicPath, path }) => {
    const { run } = await start({ startProxy, sample, publicPath });
    expect(await run(token, path, 'group/busybox:v1')).toMatchObject({ code: 0, stdout: 'deleted group/busybox:v1\n' });
    const { code, stdout } = await run(signature, path, 'group/busybox:v2 group/team/app:v1');
    expect(code).toBe(0);
    expect(stdout).toContain('deleted group/busybox:v2\n');
    expect(stdout).toContain('deleted group/team/app:v1\n');
  });

  test.skipIf(missing)('Without PUBLIC_URL a signature for another path is refused, and a token works', async () => {
    const { run } = await start({ startProxy, sample: strips });
    const refused = { code: 1, stdout: expect.stringContaining('401') };
    expect(await run(signature, '/swr', 'group/busybox:v1')).toMatchObject(refused);
    expect(await run(token, '/swr', 'group/busybox:v1')).toMatchObject({ code: 0 });
  });

  test.skipIf(missing)(
    'With PUBLIC_URL the official SDK is answered there, and a signature for any other URL is refused',
    async () => {
      const { origin, direct, run } = await start({ startProxy, sample: stripsWithoutTls, publicPath: '/swr' });
      await cp(`${servers.dataDir}/group/team/app`, `${servers.dataDir}/group/team/web`, { recursive: true });
      for (const repository of ['team$app', 'team%24web']) {
        const image = { namespace: 'group', repository, tag: 'v1' };
        expect(await sdkDelete(`${origin}/swr`, KEYS, image)).toMatchObject({ httpStatusCode: 204 });
      }
      const refused = { code: 1, stdout: expect.stringContaining('401') };
      expect(await run(signature, '', 'group/busybox:v1', direct)).toMatchObject(refused);
    },
  );

  test.skipIf(missing)('The log has the address of the client, and never one that it made up', async () => {
    const { origin, authority, server } = await start({ startProxy, sample: keeps });
    const ask = (...more: string[]) =>
      runProcess('curl', [
        ...['--silent', '--cacert', authority, '--interface', '127.0.0.5', '-X', 'DELETE'],
        ...['-H', `X-Auth-Token: ${SECRET}`, ...more, `${origin}${TAG_PATH}`],
      ]);
    await ask('-H', 'X-Request-Id: honest');
    await ask('-H', 'X-Request-Id: forger', '-H', 'X-Forwarded-For: 203.0.113.66');
    for (const requestId of ['honest', 'forger']) {
      await expect
        .poll(() =>
          JSON.parse(
            server
              .stdout()
              .split('\n')
              .find((line) => line.includes(requestId)) ?? '{}',
          ),
        )
        .toMatchObject({ requestId, remoteAddress: '127.0.0.5' });
    }
  });
});
