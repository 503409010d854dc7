// The consumer check as a consumer's developer runs it: a process of its own, from the build.
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { createServer as createSecureServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { signingHeaders } from '../../../signature/sign.ts';
import { images } from '../../cases.ts';
import { type MockProcess, startMock, startProcess, type TestMock } from '../../mock/start-mock.ts';
import { COMMAND } from '../../support/built.ts';
import { privatelySigned } from '../../support/certificates.ts';
import { runProcess } from '../../support/command.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { freePort } from '../../support/ports.ts';
import { areMissing, temporaryDirectory } from '../../support/programs.ts';
import { startServer, TOKEN } from '../../support/server.ts';
import { ask, exchange, requestText } from '../../support/wire.ts';
import { startAnswering, startScripted } from './start-consumer-check.ts';

const PATH = '/v2/manage/namespaces/group/repos/busybox/tags/v1';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let mock: TestMock;
let processes: MockProcess[];
beforeEach(async () => {
  directory = await temporaryDirectory();
  mock = await startMock();
  processes = [];
});
afterEach(async () => {
  for (const { child, ended } of processes) {
    child.kill('SIGKILL');
    await ended;
  }
  await mock.close();
  await directory.remove();
});

function start(...args: string[]): MockProcess {
  const started = startProcess([COMMAND, 'verify-consumer', '--port', '0', ...args], /Listens on (\S+),/);
  processes.push(started);
  return started;
}

const run = (...args: string[]) => runProcess(process.execPath, [COMMAND, 'verify-consumer', ...args]);
/** Takes 10 s, beside the other tests. */
const neverThere = run('--upstream', 'http://127.0.0.1:1', '--port', '0');
const deletion = requestText(`DELETE ${PATH}`, { 'X-Auth-Token': 'any' });

describe.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s', (signal) => {
  test('ends it with the report, and not all verified is 3', async () => {
    const check = start('--upstream', mock.url, '--report-dir', `${directory.path}/reports`);
    await ask(await check.url, deletion);
    check.child.kill(signal);
    expect(await check.ended).toBe(3);
    expect(check.stdout()).toMatch(/^base +1 verified, 0 violated/m);
    expect(check.stdout()).toContain('? Not verified: the consumer never met it');
    expect(check.stdout()).toContain('Not verified: the consumer never met it, so it has not tested for it');
    expect(check.stderr()).toBe('');
    expect((await readdir(`${directory.path}/reports`)).sort()).toEqual([
      'consumer-check.html',
      'consumer-check.json',
      'consumer-check.xml',
    ]);
  });
});

describe('how it ends', () => {
  test('0 if the rest may stay open, and never if nothing passed at all', async () => {
    const check = start('--upstream', mock.url, '--allow-unverified');
    await ask(await check.url, deletion);
    check.child.kill('SIGTERM');
    expect(await check.ended).toBe(0);
    const unused = start('--upstream', mock.url, '--allow-unverified');
    await unused.url;
    unused.child.kill('SIGTERM');
    expect(await unused.ended).toBe(3);
    expect(unused.stdout()).toContain('Nothing was verified.');
  });

  test('1 if something is violated', async () => {
    const provider = await startAnswering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    const check = start('--upstream', provider.url, '--allow-unverified');
    await exchange(await check.url, deletion);
    check.child.kill('SIGTERM');
    expect(await check.ended).toBe(1);
    expect(check.stdout()).toMatch(/\(the provider's\) \[base\].*\n +The status 200 is not declared/);
    await provider.close();
  });

  test('by itself, once nothing passes any more', async () => {
    const check = start('--upstream', mock.url, '--until-idle', '0.3', '--allow-unverified');
    await ask(await check.url, deletion);
    expect(await check.ended).toBe(0);
  });

  test('an answer that is due is waited for', async () => {
    const provider = await startScripted((socket) => {
      socket.once('data', () => void setTimeout(() => socket.end('HTTP/1.1 204 x\r\nX-Request-Id: a\r\n\r\n'), 500));
    });
    const check = start('--upstream', provider.url, '--allow-unverified');
    const answered = exchange(await check.url, deletion);
    await expect.poll(() => provider.received().length).toBeGreaterThan(0);
    check.child.kill('SIGTERM');
    expect(await answered).toContain('204');
    expect(await check.ended).toBe(0);
    await provider.close();
  });

  test('a provider that never answers, and an idle connection, do not hold up the end', async () => {
    const provider = await startScripted(() => undefined);
    const check = start('--upstream', provider.url);
    const [waiting, idle] = [exchange(await check.url, deletion), exchange(await check.url, '')];
    await expect.poll(() => provider.received().length).toBeGreaterThan(0);
    check.child.kill('SIGTERM');
    expect(await check.ended).toBe(3);
    expect(await Promise.all([waiting, idle])).toEqual(['', '']);
    await provider.close();
  });

  test('a consumer that does not read does not hold up the end', async () => {
    const provider = await startScripted((socket) => void socket.write(Buffer.alloc(32 * 1024 * 1024)));
    const check = start('--upstream', provider.url);
    const socket = connect(Number(new URL(await check.url).port), '127.0.0.1');
    // Listening to this event, and not reading then, leaves the rest with the proxy.
    socket.on('error', () => undefined);
    await once(socket, 'readable');
    check.child.kill('SIGTERM');
    expect(await check.ended).toBe(1);
    socket.destroy();
    await provider.close();
  });

  test('an upstream that goes away is said at once, and in the report, and the consumer is not blamed', async () => {
    const gone = await startScripted(() => undefined);
    const check = start('--upstream', gone.url, '--allow-unverified');
    await check.url;
    await gone.close();
    await exchange(await check.url, deletion);
    expect(check.stderr()).toBe(`${gone.url} cannot be reached: ECONNREFUSED\n`);
    check.child.kill('SIGTERM');
    expect(await check.ended).toBe(3);
    expect(check.stdout()).toContain(`Note: ${gone.url} cannot be reached: ECONNREFUSED (once)`);
    expect(check.stdout()).not.toContain('the consumer did not wait');
  });

  test('by itself if the consumer sends nothing, and says where nothing came', async () => {
    // A minute of the program's clock is 0.6 s here.
    const fast =
      'const set = setTimeout; globalThis.setTimeout = (f, ms, ...a) => set(f, ms >= 60_000 ? ms / 100 : ms, ...a)';
    const command = [COMMAND, 'verify-consumer', '--port', '0', '--upstream', mock.url, '--until-idle', '2'];
    const check = startProcess(
      ['--import', `data:text/javascript,${encodeURIComponent(fast)}`, ...command],
      /Listens on (\S+),/,
    );
    processes.push(check);
    expect(await check.ended).toBe(3);
    expect(check.stdout()).toContain(`Note: No request came to ${await check.url} in `);
    expect(check.stdout()).toMatch(/\nNothing was verified\.\n$/);
  });
});

describe('an upstream that starts later than the check', () => {
  test('is waited for: the first request of the consumer is answered', async () => {
    const port = await freePort();
    const check = start('--upstream', `http://127.0.0.1:${port}`, '--allow-unverified');
    await expect.poll(check.stderr).toBe(`Waits up to 10 s for http://127.0.0.1:${port}: ECONNREFUSED\n`);
    expect(check.stdout()).toBe('');
    const late = await startScripted((socket) => {
      socket.once('data', () => void socket.end('HTTP/1.1 204 x\r\nX-Request-Id: a\r\n\r\n'));
    }, port);
    expect(await exchange(await check.url, deletion)).toContain('204');
    check.child.kill('SIGTERM');
    expect(await check.ended).toBe(0);
    await late.close();
  });

  test('ends it with 2 after 10 s, and the message names it and what to do', async () => {
    const { code, stdout, stderr } = await neverThere;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /\nerror: --upstream http:\/\/127\.0\.0\.1:1 took no connection in 10 s \(ECONNREFUSED\): start the mock or the provider first, or correct the address\n$/,
    );
  });
});

describe.skipIf(areMissing('openssl'))('a provider behind TLS', () => {
  /** A server behind TLS, and what a process has to trust to reach it. */
  async function startSecure() {
    const { certificate, key, authority } = await privatelySigned(directory.path);
    const server = createSecureServer(
      { ALPNProtocols: ['http/1.1'], cert: await readFile(certificate), key: await readFile(key) },
      (socket) => {
        socket
          .on('error', () => undefined)
          .once('data', () => {
            if (socket.alpnProtocol === 'http/1.1') socket.end('HTTP/1.1 204 x\r\nX-Request-Id: a\r\n\r\n');
          });
      },
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, authority };
  }

  test('is asked through TLS, while the consumer speaks plain text', async () => {
    const { server, url, authority } = await startSecure();
    vi.stubEnv('NODE_EXTRA_CA_CERTS', authority);
    const check = start('--upstream', url, '--allow-unverified');
    vi.unstubAllEnvs();
    expect(await exchange(await check.url, deletion)).toContain('204');
    const reset = connect(Number(new URL(await check.url).port), '127.0.0.1', () => reset.resetAndDestroy());
    await once(reset, 'close');
    check.child.kill('SIGTERM');
    expect(await check.ended).toBe(0);
    server.close();
  });

  test('is not believed if its certificate is not trusted', async () => {
    const { server, url } = await startSecure();
    const check = start('--upstream', url);
    expect(await exchange(await check.url, deletion)).toBe('');
    check.child.kill('SIGTERM');
    expect(await check.ended).toBe(3);
    expect(check.stderr()).toMatch(/cannot be reached: (UNABLE_TO|SELF_SIGNED)/);
    server.close();
  });
});

describe('secrets are in no report', () => {
  const SECRETS = [
    'SECRET-TOKEN-1',
    'SECRET-BEARER-2',
    'SECRET-COOKIE-3',
    'SECRET-QUERY-4',
    'SECRET-BROKEN-5',
    'SECRETAK6',
    'SECRET-SET-7',
    'SECRET-INNER-8',
  ];

  test('not in a request, not in an answer that repeats them, not in a malformed head', async () => {
    // What arrives is sent back, as providers do that log into their answers.
    const provider = await startScripted((socket) => {
      socket.once('data', (bytes) => void socket.end(`HTTP/1.1 200 OK\r\nSet-Cookie: id=SECRET-SET-7\r\n\r\n${bytes}`));
    });
    const check = start('--upstream', provider.url, '--report-dir', directory.path);
    const url = await check.url;
    const signed = signingHeaders('DELETE', new URL(PATH, url), { accessKey: 'SECRETAK6', secretKey: 'x' }, new Date());
    await exchange(url, requestText(`DELETE ${PATH}`, signed));
    await exchange(
      url,
      requestText(`DELETE ${PATH}?token=SECRET-QUERY-4`, {
        'x-AUTH-token': 'SECRET-TOKEN-1',
        Cookie: 'a=1; session=SECRET-COOKIE-3',
        Authorization: 'Bearer SECRET-BEARER-2',
      }),
    );
    await exchange(url, `no request line\r\nX-Auth-Token : SECRET-BROKEN-5\r\n SECRET-BROKEN-5\r\n\r\n`);
    await exchange(url, 'x-auth-token: SECRET-BROKEN-5\r\n\r\n');
    const smuggled = 'GET / HTTP/1.1\r\nX-Auth-Token: SECRET-INNER-8\r\n\r\n';
    await exchange(url, `${requestText(`DELETE ${PATH}`, { 'Content-Length': String(smuggled.length) })}${smuggled}`);
    check.child.kill('SIGTERM');
    expect(await check.ended).toBe(1);
    const files = await readdir(directory.path);
    const texts = await Promise.all(files.map((file) => readFile(`${directory.path}/${file}`, 'utf8')));
    const signature = /[0-9a-f]{64}/.exec(signed['Authorization'] ?? signed['authorization'] ?? '')?.[0] ?? 'none';
    for (const text of [check.stdout(), check.stderr(), ...texts]) {
      for (const secret of [...SECRETS, signature]) expect(text).not.toContain(secret);
    }
    expect(texts.join()).toContain('Access=<masked>, SignedHeaders=');
    expect(texts.join()).toContain('x-AUTH-token: $X_AUTH_TOKEN');
    await provider.close();
  });
});

test('the curl line repeats what was found', async () => {
  const server = await startServer({ store: new MemoryStore(...images) });
  const provider = await startAnswering('HTTP/1.1 204 x\r\n\r\n');
  const check = start('--upstream', provider.url);
  await exchange(
    await check.url,
    requestText(`DELETE ${PATH.replace('busybox', 'team$app')}`, { 'X-Auth-Token': TOKEN, 'X-Odd': "it's" }),
  );
  check.child.kill('SIGTERM');
  await check.ended;
  const [, line = ''] = /repeat +(curl .*)/.exec(check.stdout()) ?? [];
  const { stdout } = await runProcess('sh', ['-c', line.replace(provider.url, server.url)], {
    env: { X_AUTH_TOKEN: TOKEN },
  });
  expect(stdout).toMatch(/^HTTP\/1\.1 204/);
  await Promise.all([provider.close(), server.close()]);
});

test('another contract makes other cases', async () => {
  const text = await readFile('openapi/openapi.yaml', 'utf8');
  const file = `${directory.path}/other.yaml`;
  await writeFile(file, text.replaceAll('/tags/{tag}', '/labels/{tag}').replaceAll('tag-not-found', 'label-not-found'));
  const check = start('--upstream', mock.url, '--contract', file);
  await ask(await check.url, deletion);
  check.child.kill('SIGTERM');
  expect(await check.ended).toBe(1);
  expect(check.stdout()).toMatch(/\(the consumer's\) \[base\].*\n +The contract has no such path\./);
});

describe('a command line that cannot be used ends with 2 and says why', () => {
  test.each([
    ['no upstream', [], /required option '--upstream <url>' not specified/],
    ['an unknown option', ['--upstream', 'http://h', '--bogus'], /unknown option '--bogus'/],
    ['another scheme', ['--upstream', 'ftp://h'], /--upstream ftp:\/\/h: must be an address such as http:/],
    ['an upstream with a query', ['--upstream', 'http://h/base?a'], /must have only scheme, host, port and base path/],
    [
      'a port that is none',
      ['--upstream', 'http://h', '--port', '70000'],
      /'70000' is invalid. It must be a whole number from 0 to 65535/,
    ],
    ['an idle time that is none', ['--upstream', 'http://h', '--until-idle', '0'], /--until-idle 0: must be/],
    ['itself', ['--upstream', 'http://localhost:4020'], /is the address that this proxy itself listens on/],
    ['a missing contract', ['--upstream', 'http://h', '--contract', '/none'], /contract \/none cannot be read: ENOENT/],
    [
      'a report directory that is a file',
      ['--upstream', 'http://h', '--report-dir', COMMAND],
      /cannot be written to: EEXIST/,
    ],
    [
      'an address of another machine',
      () => ['--upstream', mock.url, '--host', '192.0.2.1'],
      /--host is no address of this machine/,
    ],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await run(...(typeof args === 'function' ? args() : args));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test('a port that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, stderr } = await run('--upstream', mock.url, '--port', String(port));
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `error: 127.0.0.1:${port} is in use by another program; --port chooses another port\n`,
    });
    other.close();
  });

  test('help is no failure', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('--upstream <url>');
  });
});
