// The mock as a process, started the way its users start it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { COMMAND } from '../support/built.ts';
import { contract, expectExample } from '../support/contract.ts';
import { temporaryDirectory } from '../support/programs.ts';
import { exchange } from '../support/wire.ts';
import { askFor, type MockProcess, runMock, startMockProcess, startProcess } from './start-mock.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let processes: MockProcess[];
beforeEach(async () => {
  directory = await temporaryDirectory();
  processes = [];
});
afterEach(async () => {
  for (const { child, ended } of processes) {
    child.kill('SIGKILL');
    await ended;
  }
  await directory.remove();
});

function start(...args: string[]): MockProcess {
  const started = startMockProcess(...args);
  processes.push(started);
  return started;
}

async function imagesFile(text: string): Promise<string> {
  const file = `${directory.path}/images.yaml`;
  await writeFile(file, text);
  return file;
}

const any = { 'X-Auth-Token': 'any-SECRET' };

describe('An invalid command line exits with 2 and names every problem', () => {
  test('All problems are listed at once, including those of the images file', async () => {
    const file = await imagesFile(
      '- Group/busybox:v1\n- group/busybox\n- group/busybox:.v1\n- 7\n- group/busybox:v1\n',
    );
    const { code, stdout, stderr } = await runMock(
      '--port',
      '99999',
      '--host',
      'a b',
      '--images',
      file,
      '--retry-after',
      '0',
    );
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toEqual([
      'error: --port 99999: must be a port number up to 65535, or 0 for a free port',
      'error: --host a b: must be an address or a host name of this machine',
      'error: --retry-after 0: must be a number of seconds from 1 to 86400',
      `error: --images ${file}: 1: Group/busybox:v1: the namespace is not one that the contract allows`,
      `error: --images ${file}: 2: group/busybox must read namespace/repository:tag`,
      `error: --images ${file}: 3: group/busybox:.v1: the tag is not one that the contract allows`,
      `error: --images ${file}: 4: 7 must read namespace/repository:tag`,
    ]);
  });

  test.each([
    ['An unknown option', ['--bogus'], /unknown option '--bogus'/],
    ['An extra argument', ['bogus'], /too many arguments/],
    ['An unknown log format', ['--log', 'xml'], /argument 'xml' is invalid\. Allowed choices are text, json\./],
    ['An invalid port', ['--port', 'x'], /--port x: must be a port number/],
    ['A missing images file', ['--images', '/nonexistent'], /--images \/nonexistent: cannot be read: ENOENT/],
    ['A directory in place of the images file', ['--images', '/tmp'], /cannot be read: EISDIR/],
    ['An option without its value', ['--images'], /argument missing/],
  ])('%s is an error', async (_, args, message) => {
    const { code, stderr } = await runMock(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test.each([
    ['no list', 'group/busybox:v1\n', /must be a YAML list/],
    ['no content', '', /must be a YAML list/],
    ['broken YAML', '- "\n', /is not valid YAML/],
  ])('An images file with %s is an error', async (_, text, message) => {
    const { code, stderr } = await runMock('--images', await imagesFile(text));
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

test('--help explains every option and exits with 0', async () => {
  const { code, stdout } = await runMock('--help');
  expect(code).toBe(0);
  const options = ['--port', '--host', '--faults', '--no-cors', '--images', '--retry-after', '--log', '--ready-file'];
  for (const option of options) expect(stdout).toContain(option);
});

test('A port in use is reported, with exit code 1', async () => {
  const { port } = new URL(await start().url);
  const { code, stderr } = await runMock('--port', port);
  expect(code).toBe(1);
  expect(stderr).toBe(`Cannot start: 127.0.0.1:${port} is in use by another program; --port chooses another port\n`);
});

test('--images limits which images exist, and --faults enables faults', async () => {
  const file = await imagesFile('- group/busybox:v1\n- group/team/app:v1\n');
  const url = await start('--images', file, '--faults').url;
  expect((await askFor(url, 'v1', any)).status).toBe(204);
  expectExample(await askFor(url, 'v2', any), 'tag-not-found');
  expectExample(await askFor(url, 'mock-flaky-1', any), 'storage-failure');
});

test('Every request gets one log line with its answer and the reason, without secrets and without control characters', async () => {
  const mock = start();
  const url = await mock.url;
  await askFor(url, 'v1', { ...any, 'X-Request-Id': 'line-1' });
  await askFor(url, 'v1', { ...any, 'X-Request-Id': 'line-2' });
  await askFor(url, 'mock-throttled', { ...any, 'X-Request-Id': 'line-3' });
  await askFor(url, 'v1?%1b[31m%0aforged=any-SECRET', { ...any, 'X-Request-Id': 'line-4' });
  await exchange(url, 'GARBAGE\u001b[31m\r\n\r\n');
  await exchange(url, Buffer.from('DELETE /\xe4\xff HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n', 'latin1'));
  mock.child.kill('SIGTERM');
  expect(await mock.ended).toBe(0);
  const lines = mock.stdout().trim().split('\n');
  const line = (id: string) => lines.filter((one) => one.endsWith(` ${id}`));
  expect(line('line-1')).toEqual([
    expect.stringMatching(/ DELETE \S+\/tags\/v1 -> 204 \(deleted in session default\) [\d.]+ ms /),
  ]);
  expect(line('line-2')).toEqual([
    expect.stringContaining(' -> 404 tag-not-found (already deleted in session default) '),
  ]);
  expect(line('line-3')).toEqual([expect.stringContaining(' -> 429 throttled (requested by the tag) ')]);
  expect(line('line-4')).toEqual([
    expect.stringContaining(' -> 400 unknown-query-parameter (query parameter: \\u{1b}) '),
  ]);
  expect(lines.filter((one) => one.includes('no request -> 400 malformed-request'))).toHaveLength(2);
  expect(mock.stdout()).not.toMatch(/[^\x20-\x7e\n]/);
  expect(mock.stdout()).not.toContain('SECRET');
  expect(mock.stderr()).toBe('');
});

describe('With --ready-file', () => {
  test('A script finds the address once the mock listens, and no file before and after', async () => {
    const file = `${directory.path}/ready.json`;
    await writeFile(file, 'left over by a mock that was killed');
    const mock = start('--ready-file', file, '--retry-after', '7');
    const read = async () => JSON.parse(await readFile(file, 'utf8'));
    await expect.poll(read).toEqual({ url: await mock.url, pid: mock.child.pid });
    const answer = await askFor((await read()).url, 'mock-throttled', any);
    expect(answer.headers['retry-after']).toBe('7');
    mock.child.kill('SIGTERM');
    expect(await mock.ended).toBe(0);
    expect(await readdir(directory.path)).toEqual([]);
  });

  test('A mock does not remove the file of another one that was started after it', async () => {
    const file = `${directory.path}/ready.json`;
    const first = start('--ready-file', file);
    await first.url;
    await expect.poll(() => readFile(file, 'utf8')).toContain(String(first.child.pid));
    const second = start('--ready-file', file);
    await second.url;
    await expect.poll(() => readFile(file, 'utf8')).toContain(String(second.child.pid));
    first.child.kill('SIGTERM');
    await first.ended;
    expect(await readFile(file, 'utf8')).toContain(String(second.child.pid));
  });

  test('A mock that cannot start, as its port is taken, leaves the file of the one that has the port', async () => {
    const file = `${directory.path}/ready.json`;
    const first = start('--ready-file', file);
    const url = await first.url;
    await expect.poll(() => readFile(file, 'utf8')).toContain(url);
    const { code, stderr } = await runMock('--port', new URL(url).port, '--ready-file', file);
    expect([code, stderr]).toEqual([1, expect.stringContaining('is in use by another program')]);
    expect(await readFile(file, 'utf8')).toContain(`"pid":${first.child.pid}`);
  });

  test('A file that cannot be written is an error, before anything listens', async () => {
    const { code, stdout, stderr } = await runMock('--port', '0', '--ready-file', '/nonexistent/ready.json');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe('error: --ready-file /nonexistent/ready.json: cannot be written: ENOENT\n');
  });
});

test('With --log json every line is an object, for requests and for what is none', async () => {
  const mock = startProcess([COMMAND, 'mock', '--port', '0', '--log', 'json'], /"url":"([^"]+)"/);
  processes.push(mock);
  const url = await mock.url;
  await askFor(url, 'v1', { ...any, 'X-Request-Id': 'json-1' });
  await askFor(url, 'mock-throttled?a=any-SECRET', { ...any, 'X-Request-Id': 'json-2' });
  await exchange(url, 'GARBAGE\u001b[31m\r\n\r\n');
  mock.child.kill('SIGTERM');
  expect(await mock.ended).toBe(0);
  const records = mock
    .stdout()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  const path = (tag: string) => `/v2/manage/namespaces/group/repos/busybox/tags/${tag}`;
  const ms = expect.any(Number);
  expect(records).toEqual([
    { time, message: 'listening', url, docs: `${url}/docs` },
    {
      ...{ time, requestId: 'json-1', method: 'DELETE', path: path('v1'), status: 204, ms },
      reason: 'deleted in session default',
    },
    {
      ...{ time, requestId: 'json-2', method: 'DELETE', path: path('mock-throttled'), status: 400, ms },
      ...{ example: 'unknown-query-parameter', reason: 'query parameter: a' },
    },
    { time, requestId: expect.any(String), status: 400, example: 'malformed-request', reason: expect.any(String) },
  ]);
  expect(mock.stdout()).not.toContain('SECRET');
});

test('Readers get the contract, and the docs or how to build them', async () => {
  const url = await start().url;
  const yaml = await fetch(`${url}/openapi.yaml`);
  expect(yaml.headers.get('content-type')).toBe('application/yaml; charset=utf-8');
  expect(await yaml.text()).toContain(`title: ${contract.info.title}`);
  const docs = await fetch(`${url}/docs`);
  expect(await docs.text()).toMatch(docs.status === 200 ? /<html/ : /npm run docs/);
});

/** Sends a request to a mock that is warm, and gives it a second to arrive. */
async function askedFor(mock: MockProcess, tag: string): Promise<{ answer: ReturnType<typeof askFor> }> {
  const url = await mock.url;
  await askFor(url, 'warm-up', any);
  const answer = askFor(url, tag, any);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return { answer };
}

test('After SIGTERM a request in flight is answered, and the exit code is 0', async () => {
  const mock = start('--faults');
  // Less than the mock has to finish.
  const { answer } = await askedFor(mock, 'mock-delay-1900');
  mock.child.kill('SIGTERM');
  expect((await answer).status).toBe(204);
  expect(await mock.ended).toBe(0);
});

test('After SIGTERM the mock does not wait for a long delay', async () => {
  const mock = start('--faults');
  const { answer } = await askedFor(mock, 'mock-delay-60000');
  const cutOff = answer.catch(() => 'cut off');
  const startedAt = performance.now();
  mock.child.kill('SIGTERM');
  expect(await mock.ended).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(30_000);
  expect(await cutOff).toBe('cut off');
});

test('The mock keeps serving after the reader of its log has exited', async () => {
  const child = spawn(process.execPath, [COMMAND, 'mock', '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  const [first] = await once(child.stdout.setEncoding('utf8'), 'data');
  const [, url = ''] = /listens on (\S+)/.exec(first) ?? [];
  child.stdout.destroy();
  for (const tag of ['v1', 'v2', 'v3']) expect((await askFor(url, tag, any)).status).toBe(204);
  expect(child.exitCode).toBe(null);
  child.kill('SIGTERM');
  expect((await ended)[0]).toBe(0);
});
