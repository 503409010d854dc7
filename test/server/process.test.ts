import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tokenSha256 } from '../../server/http/auth/token.ts';
import { makeSamples } from '../../server/stores/layout/samples.ts';
import { formatDate } from '../../signature/sign.ts';
import { type ServerProcess, startServerProcess } from '../support/process.ts';
import { areMissing, temporaryDirectory } from '../support/programs.ts';
import { ask, exchange, requestText } from '../support/wire.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let dataDir: string;
let processes: ServerProcess[];

beforeEach(async () => {
  directory = await temporaryDirectory();
  dataDir = `${directory.path}/images`;
  await makeSamples(dataDir);
  processes = [];
});
afterEach(async () => {
  for (const { child, ended } of processes) {
    child.kill('SIGKILL');
    await ended;
  }
  await directory.remove();
});

function start(env: Record<string, string>, cwd?: string): ServerProcess {
  const started = startServerProcess(env, cwd);
  processes.push(started);
  return started;
}

async function credentialsFile(text: string): Promise<string> {
  const file = `${directory.path}/credentials.yaml`;
  await writeFile(file, text);
  return file;
}

const SECRET = 'the-secret-token-4711';
const goodCredentials = `principals:\n  - name: ci\n    tokenSha256: ${tokenSha256(SECRET)}\n    namespaces: [group]\n`;
const PATH = '/v2/manage/namespaces/group/repos/busybox/tags/v2';

describe('settings that cannot be used end the start with 2 and name every problem', () => {
  test('several problems of variables and of the credentials file at once', async () => {
    const file = await credentialsFile(
      'principals:\n  - name: a\n    tokenSha256: nonsense-SECRET\n    namespaces: [group]\n  - name: a\n    accessKey: AK\n    namespaces: []\n',
    );
    const server = start({
      PORT: '99999',
      ADMIN_PORT: 'x',
      STORE: 'tape',
      PROTECTED_TAGS: '(',
      RATE_LIMIT: '-1',
      LOG_LEVEL: 'loud',
      CREDENTIALS_FILE: file,
    });
    expect(await server.ended).toBe(2);
    for (const name of [
      'PORT',
      'ADMIN_PORT',
      'STORE',
      'PROTECTED_TAGS',
      'RATE_LIMIT',
      'LOG_LEVEL',
      'principals.0.tokenSha256',
      'principals.1.namespaces',
      'accessKey and secretKey',
    ]) {
      expect(server.stderr()).toContain(name);
    }
    expect(server.stderr()).not.toMatch(/^\s+at /m);
    expect(server.stderr()).not.toContain('SECRET');
    expect(server.stdout()).toBe('');
  });

  test.each([
    [
      'a missing credentials file',
      { CREDENTIALS_FILE: '/nonexistent' },
      /CREDENTIALS_FILE \/nonexistent: cannot be read: ENOENT/,
    ],
    ['a missing directory', { DATA_DIR: '/nonexistent' }, /DATA_DIR: must be a directory that exists/],
    ['a file for a directory', { DATA_DIR: '/etc/passwd' }, /DATA_DIR: must be a directory that exists/],
    ['a host that cannot be one', { HOST: 'not a host' }, /HOST: must be an address/],
    ['an open host without credentials', { HOST: '0.0.0.0' }, /HOST: must be a loopback address/],
    ['a registry without its URL', { STORE: 'registry' }, /REGISTRY_URL: required with STORE=registry/],
    [
      'a URL that is none',
      { STORE: 'registry', REGISTRY_URL: 'registry' },
      /REGISTRY_URL: must be a URL such as https:/,
    ],
    [
      'secrets in the URL',
      { STORE: 'registry', REGISTRY_URL: 'https://u:p@registry.example' },
      /REGISTRY_URL: must not contain credentials/,
    ],
    [
      'the URL of an endpoint',
      { STORE: 'registry', REGISTRY_URL: 'https://registry.example/v2/' },
      /REGISTRY_URL: must end before \/v2/,
    ],
    [
      'a registry beside a store on disk',
      { REGISTRY_URL: 'https://registry.example' },
      /REGISTRY_URL: has an effect only with STORE=registry/,
    ],
    [
      'a name without its password',
      { STORE: 'registry', REGISTRY_URL: 'https://registry.example', REGISTRY_USERNAME: 'ann' },
      /REGISTRY_USERNAME and REGISTRY_PASSWORD: set both/,
    ],
    [
      'an unknown way to delete',
      { STORE: 'registry', REGISTRY_URL: 'https://registry.example', REGISTRY_DELETE_MODE: 'digest' },
      /REGISTRY_DELETE_MODE: must be one of auto, tag, fallback/,
    ],
    [
      'an authority that is no certificate',
      { STORE: 'registry', REGISTRY_URL: 'https://registry.example', REGISTRY_CA_FILE: '/etc/passwd' },
      /REGISTRY_CA_FILE \/etc\/passwd: contains no PEM certificate/,
    ],
    [
      'an auth file that is none',
      { STORE: 'registry', REGISTRY_URL: 'https://registry.example', REGISTRY_AUTH_FILE: '/etc/passwd' },
      /REGISTRY_AUTH_FILE \/etc\/passwd: is not valid JSON/,
    ],
  ])('%s', async (_, env, message) => {
    const server = start({ DATA_DIR: dataDir, ...env });
    expect(await server.ended).toBe(2);
    expect(server.stderr()).toMatch(message);
    expect(server.stderr()).not.toMatch(/^\s+at /m);
  });

  test('broken YAML is named by its line, and not quoted', async () => {
    const server = start({
      DATA_DIR: dataDir,
      CREDENTIALS_FILE: await credentialsFile('principals:\n  - name: "SECRET\n'),
    });
    expect(await server.ended).toBe(2);
    expect(server.stderr()).toMatch(/not valid YAML in line \d/);
    expect(server.stderr()).not.toContain('SECRET');
  });
});

test.each([
  ['a tag of YAML', 'principals:\n  - secretKey: !secret TOPSECRET\n'],
  ['an unknown key', 'principals:\n  - TOPSECRET: x\n'],
  ['an alias without its anchor', 'principals: *TOPSECRET\n'],
])('a credentials file with %s is refused, and not quoted', async (_, text) => {
  const server = start({ DATA_DIR: dataDir, CREDENTIALS_FILE: await credentialsFile(text) });
  expect(await server.ended).toBe(2);
  expect(server.stderr()).toContain('CREDENTIALS_FILE');
  expect(server.stderr()).not.toContain('TOPSECRET');
});

test('when nobody reads the log any more the server ends: deletes would go unrecorded', async () => {
  const server = start({ DATA_DIR: dataDir, CREDENTIALS_FILE: await credentialsFile(goodCredentials) });
  const url = await server.url;
  server.child.stdout?.destroy();
  const request = requestText(`DELETE ${PATH}`, { 'X-Auth-Token': SECRET, Connection: 'close' });
  await ask(url, request).catch(() => undefined);
  expect(await server.ended).toBe(1);
  expect(server.stderr()).toContain('The log cannot be written: ');
});

test('a log that nobody reads does not hold up the end', async () => {
  const server = start({ DATA_DIR: dataDir, CREDENTIALS_FILE: await credentialsFile(goodCredentials) });
  const url = await server.url;
  server.child.stdout?.pause();
  const request = requestText('DELETE /', { Connection: 'keep-alive' });
  // Some 1 MB of log: more than a pipe and Node's buffer hold.
  await exchange(url, `${request.repeat(5_000)}${requestText('DELETE /')}`, 20_000);
  server.child.kill('SIGTERM');
  const exited = new Promise((resolve) => server.child.once('exit', (_code, signal) => resolve(signal)));
  expect(await exited).toBe('SIGKILL');
  expect(server.stderr()).toContain('nobody reads it');
  server.child.stdout?.resume();
});

test('a connection that has sent half a request does not hold up the end', async () => {
  const server = start({ DATA_DIR: dataDir });
  const socket = connect(Number(new URL(await server.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.write('DELETE / HT', resolve));
  await new Promise((resolve) => setTimeout(resolve, 100));
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
  expect(server.stdout()).toContain('"inTime":true');
});

test('a port in use ends the start with 1 and says so', async () => {
  const first = start({ DATA_DIR: dataDir });
  const { port } = new URL(await first.url);
  await makeSamples(`${directory.path}/other`);
  const second = start({ DATA_DIR: `${directory.path}/other`, PORT: port });
  expect(await second.ended).toBe(1);
  expect(second.stderr()).toBe(
    `Cannot start: 127.0.0.1:${port} is in use by another program; PORT and ADMIN_PORT choose other ports\n`,
  );
});

test.skipIf(areMissing('curl'))(
  'without settings: sample images, a token printed once beside a curl that works, and the log does not hold it',
  async () => {
    const server = start({}, directory.path);
    await server.url;
    await expect.poll(() => server.stderr()).toContain('curl');
    const [, curl = '', token = ''] = /^ {2}curl (.*X-Auth-Token: (.*?)'.*)$/m.exec(server.stderr()) ?? [];
    expect(token.length).toBeGreaterThan(20);
    const { stdout } = spawnSync('sh', ['-c', `curl -s ${curl}`], { encoding: 'utf8' });
    expect(stdout).toMatch(/^HTTP\/1\.1 204 /);
    await expect.poll(() => server.stdout()).toContain('"outcome":"done"');
    expect(server.stderr().split(token)).toHaveLength(2);
    expect(server.stdout()).not.toContain(token);
    expect(await readFile(`${directory.path}/data/group/busybox/index.json`, 'utf8')).not.toContain('"v2"');
  },
);

test('secrets never reach the log, and a request leaves the line that an auditor needs', async () => {
  const server = start({
    DATA_DIR: dataDir,
    CREDENTIALS_FILE: await credentialsFile(goodCredentials),
    LOG_LEVEL: 'debug',
  });
  const url = await server.url;
  const close = { Connection: 'close' };
  const authorization = `SDK-HMAC-SHA256 Access=AKSECRET, SignedHeaders=x-sdk-date, Signature=${'5ec7e7'.padEnd(64, '0')}`;
  await ask(url, requestText(`DELETE ${PATH}`, { 'X-Auth-Token': SECRET, 'X-Request-Id': 'audit-1', ...close }));
  await ask(url, requestText(`DELETE ${PATH}`, { 'X-Auth-Token': `${SECRET}-wrong`, ...close }));
  await ask(url, requestText(`DELETE ${PATH}?token=${SECRET}`, { 'X-Auth-Token': SECRET, ...close }));
  await ask(
    url,
    requestText(`DELETE ${PATH}`, {
      Authorization: authorization,
      'X-Sdk-Date': formatDate(new Date()),
      Cookie: `session=${SECRET}`,
      ...close,
    }),
  );
  await ask(url, `DELETE ${PATH} HTTP/1.1\r\nX-Auth-Token: ${SECRET}\r\nbroken header\r\n\r\n`);
  await ask(url, requestText(`DELETE http://user:${SECRET}@host/elsewhere`, close));
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);

  const output = server.stdout() + server.stderr();
  for (const secret of [SECRET, tokenSha256(SECRET), '5ec7e7', 'AKSECRET']) expect(output).not.toContain(secret);
  const lines = server
    .stdout()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.find(({ requestId }) => requestId === 'audit-1')).toMatchObject({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    principal: 'ci',
    namespace: 'group',
    repository: 'busybox',
    tag: 'v2',
    digests: [expect.stringMatching(/^sha256:[0-9a-f]{64}$/)],
    status: 204,
    outcome: 'done',
    durationMs: expect.any(Number),
  });
  expect(lines.filter(({ msg }) => msg === 'request').map(({ outcome }) => outcome)).toEqual([
    'done',
    'unknown-token',
    'unknown-query-parameter',
    'bad-signature',
    'api-not-found',
  ]);
});

test('the admin listener tells health and metrics, and knows nothing else', async () => {
  const server = start({ DATA_DIR: dataDir, CREDENTIALS_FILE: await credentialsFile(goodCredentials) });
  const admin = await server.adminUrl;
  await ask(await server.url, requestText(`DELETE ${PATH}`, { 'X-Auth-Token': SECRET, Connection: 'close' }));
  expect(await (await fetch(`${admin}/healthz`)).text()).toBe('ok\n');
  expect(await (await fetch(`${admin}/readyz`)).text()).toBe('ready\n');
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  expect(metrics).toContain(
    'swr_request_duration_seconds_count{operation="deleteRepoTag",status="204",outcome="done"} 1',
  );
  expect(metrics).toContain('process_cpu_user_seconds_total');
  expect((await fetch(`${admin}/elsewhere`)).status).toBe(404);
});

test('SIGTERM: what is in flight is answered, new connections are refused, and the exit code is 0', async () => {
  const server = start({ DATA_DIR: dataDir, CREDENTIALS_FILE: await credentialsFile(goodCredentials) });
  const url = await server.url;
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  const text = requestText(`DELETE ${PATH}`, { 'X-Auth-Token': SECRET, 'Content-Length': '2' });
  // The body is missing still: the request is in flight.
  socket.write(text);
  const metrics = `${await server.adminUrl}/metrics`;
  await expect.poll(async () => (await fetch(metrics)).text()).toMatch(/^swr_requests_in_flight 1$/m);
  server.child.kill('SIGTERM');
  await expect.poll(() => server.stdout()).toContain('"stopping"');
  await expect(fetch(url)).rejects.toThrow();
  socket.write('{}');
  expect(await server.ended).toBe(0);
  expect(received).toMatch(/^HTTP\/1\.1 204 /);
  expect(server.stdout()).toContain('"inTime":true');
});
