import { type ChildProcess, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { builtModule } from '../../support/built.ts';
import { run } from '../../support/programs.ts';
import { goodCredentials, SECRET, TAG_PATH, useServerProcesses } from '../../support/server-processes.ts';
import { ask, exchange, requestText } from '../../support/wire.ts';

const servers = useServerProcesses();

test('The server ends when the reader of its log is gone, because deletes would go unrecorded', async () => {
  const server = servers.start({
    DATA_DIR: servers.dataDir,
    CREDENTIALS_FILE: await servers.credentialsFile(goodCredentials),
  });
  const url = await server.url;
  server.child.stdout?.destroy();
  const request = requestText(`DELETE ${TAG_PATH}`, { 'X-Auth-Token': SECRET, Connection: 'close' });
  await ask(url, request).catch(() => undefined);
  expect(await server.ended).toBe(1);
  expect(server.stderr()).toContain('The log cannot be written: ');
});

test('A log that nobody reads does not hold up the end', async () => {
  const server = servers.start({
    DATA_DIR: servers.dataDir,
    CREDENTIALS_FILE: await servers.credentialsFile(goodCredentials),
  });
  const url = await server.url;
  server.child.stdout?.pause();
  const request = requestText('DELETE /', { Connection: 'keep-alive' });
  // Some 1 MB of log: more than a pipe and Node's buffer hold.
  await exchange(url, `${request.repeat(5_000)}${requestText('DELETE /')}`, 20_000);
  server.child.kill('SIGTERM');
  const exited = new Promise((resolve) => server.child.once('exit', (code, signal) => resolve(code ?? signal)));
  expect(await exited).toBe(1);
  expect(server.stderr()).toContain('nobody reads it');
  server.child.stdout?.resume();
});

test('A SIGTERM as soon as the server says that it listens ends it with 0', async () => {
  const server = servers.start({ DATA_DIR: servers.dataDir });
  server.child.stdout?.on('data', (text: string) => {
    if (text.includes('"listening"')) server.child.kill('SIGTERM');
  });
  expect(await server.ended).toBe(0);
  expect(server.stdout()).toContain('"stopped"');
});

test('A SIGTERM ends a server whose start hangs on a file', async () => {
  const pipe = `${servers.dataDir}.pipe`;
  await run('mkfifo', pipe);
  const server = servers.start({ DATA_DIR: servers.dataDir, CREDENTIALS_FILE: pipe });
  // Until it has begun to read, nothing of it can be seen from outside: it is asked to end again and again.
  const asking = setInterval(() => server.child.kill('SIGTERM'), 2_000);
  onTestFinished(() => clearInterval(asking));
  expect(['SIGTERM', 'SIGKILL', 0]).toContain(await server.ended);
});

test('A connection with half a request does not hold up the end', async () => {
  const server = servers.start({ DATA_DIR: servers.dataDir });
  const socket = connect(Number(new URL(await server.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.write('DELETE / HT', resolve));
  await new Promise((resolve) => setTimeout(resolve, 100));
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
  expect(server.stdout()).toContain('"inTime":true');
});

test('On SIGTERM requests in flight are answered, new connections are refused, and the exit code is 0', async () => {
  const server = servers.start({
    DATA_DIR: servers.dataDir,
    CREDENTIALS_FILE: await servers.credentialsFile(goodCredentials),
  });
  const url = await server.url;
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  const text = requestText(`DELETE ${TAG_PATH}`, { 'X-Auth-Token': SECRET, 'Content-Length': '2' });
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

test.each<[title: string, act: (child: ChildProcess) => Promise<void>, inTime: boolean]>([
  [
    'one Ctrl-C under npm, which comes twice, waits for a request in flight',
    async (child) => {
      child.kill('SIGINT');
      child.kill('SIGINT');
    },
    true,
  ],
  [
    'a second Ctrl-C cuts off a request in flight',
    async (child) => {
      child.kill('SIGINT');
      await delay(600);
      child.kill('SIGINT');
    },
    false,
  ],
])('At the end %s', async (_, act, inTime) => {
  const server = servers.start({
    DATA_DIR: servers.dataDir,
    CREDENTIALS_FILE: await servers.credentialsFile(goodCredentials),
  });
  const socket = connect(Number(new URL(await server.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(requestText(`DELETE ${TAG_PATH}`, { 'X-Auth-Token': SECRET, 'Content-Length': '2' }));
  const metrics = `${await server.adminUrl}/metrics`;
  await expect.poll(async () => (await fetch(metrics)).text()).toMatch(/^swr_requests_in_flight 1$/m);
  await act(server.child);
  await expect.poll(() => server.stdout()).toContain('"stopping"');
  // By then a request that is cut off is gone.
  await delay(1_000);
  socket.write('{}');
  expect(await server.ended).toBe(0);
  expect(server.stdout()).toContain(`"inTime":${inTime}`);
});

test.each([
  ['standard output', '>/dev/full', /The log cannot be written: ENOSPC/],
  ['both standard streams', '>/dev/full 2>&1', /^$/],
])('With a full disk behind %s the server ends with 1', async (_, redirection, stderr) => {
  const under = ['sh', '-c', `exec "$@" ${redirection}`, 'sh'];
  const server = servers.start({ DATA_DIR: servers.dataDir }, undefined, under);
  expect(await server.ended).toBe(1);
  expect(server.stderr()).toMatch(stderr);
});

// Opening a named pipe without a writer never returns, like a read from a file server that is gone.
const hungOpen = `import { open } from 'node:fs'; open(process.env.HUNG, 'r', () => undefined);`;

test('A log that is lost while a disk does not answer ends the server all the same, although Node waits for its thread pool', async () => {
  const fifo = `${servers.directory}/fifo`;
  spawnSync('mkfifo', [fifo]);
  const server = servers.start({
    DATA_DIR: servers.dataDir,
    HUNG: fifo,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hungOpen)}`,
  });
  const url = await server.url;
  server.child.stdout?.destroy();
  await ask(url, requestText('DELETE /', { Connection: 'close' })).catch(() => undefined);
  expect(await server.ended).toBe('SIGKILL');
  expect(server.stderr()).toContain('The log cannot be written: ');
});

test.each([
  ['all else was closed in time', '{ code: 0 }'],
  ['its store did not close in time', '{ code: 0, mayHang: true }'],
])('A disk that does not answer does not hold up the end when %s', async (_, ending) => {
  const fifo = `${servers.directory}/fifo`;
  spawnSync('mkfifo', [fifo]);
  const script = `
    import { endProcess } from '${builtModule('server/process/end-process.ts')}';
    import { LogOutput } from '${builtModule('server/process/log-output.ts')}';
    ${hungOpen}
    setTimeout(() => {
      const output = new LogOutput(process.stdout, { maxWaiting: 1024, onLoss: () => undefined });
      endProcess(output, ${ending});
    }, 200);`;
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 30_000,
    env: { HUNG: fifo },
  });
  // The time-out would be a SIGTERM.
  expect(signal).toBe('SIGKILL');
});
