// What is on the wire: bytes that every HTTP client hides, from a socket that says whatever the test wants.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { readContract } from '../../../verify/contract/read-contract.ts';
import { judgeFraming } from '../../../verify/judge/judge-framing.ts';
import { AnswerReader } from '../../../verify/wire/answer-reader.ts';
import { exchange, NotConnected } from '../../../verify/wire/exchange.ts';

const contract = await readContract();

let server: Server | undefined;
afterEach(() => server?.close());

const REQUEST = { method: 'DELETE', bytes: Buffer.from('DELETE / HTTP/1.1\r\nHost: h\r\n\r\n') };

/** Answers the requests of a connection with these bytes, one after another. */
async function answering(answers: readonly string[], end: (socket: Socket) => void = () => undefined) {
  const started = createServer((socket) => {
    const left = [...answers];
    socket.on('error', () => undefined);
    socket.on('data', () => {
      const answer = left.shift();
      if (answer !== undefined) socket.write(answer, 'latin1');
      if (left.length === 0) end(socket);
    });
  });
  server = started.listen(0, '127.0.0.1');
  await once(started, 'listening');
  return { isTls: false, hostname: '127.0.0.1', port: (started.address() as AddressInfo).port };
}

const close = (socket: Socket) => socket.end();
const bounds = { timeoutMs: 10_000, signal: undefined };
const impatient = { timeoutMs: 500, signal: undefined };
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

describe('an answer', () => {
  test('in chunks is put together', async () => {
    const endpoint = await answering(
      ['HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n3;x=y\r\n":1\r\n1\r\n}\r\n0\r\n\r\n'],
      close,
    );

    const [received] = await exchange(endpoint, [REQUEST], bounds);

    expect(text(received?.answer?.body)).toBe('{"a":1}');
    expect(text(received?.answer?.stray)).toBe('');
  });

  test('behind an interim answer is the answer', async () => {
    const endpoint = await answering(['HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 204 None\r\nA: b\r\n\r\n'], close);

    const [received] = await exchange(endpoint, [REQUEST], bounds);

    expect(received?.answer).toMatchObject({ status: 204, headers: [['A', 'b']] });
  });

  test.each([
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n', 'does not begin with HTTP/1.1'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', 'the status line is'],
    ['a header line without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n', 'a header line is invalid'],
    [
      'two lengths',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      'the Content-Length is "1, 2"',
    ],
    ['less content than its length', 'HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\nabc', 'ended after 3 of 9 bytes'],
    [
      'a chunk without its end',
      'HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc',
      'ended within a chunk',
    ],
    ['half a header section', 'HTTP/1.1 204 None\r\nA: b', 'ended before the header section did'],
    ['nothing', '', 'closed without an answer'],
  ])('with %s is none, and it is said why', async (_, bytes, why) => {
    const endpoint = await answering([bytes], close);

    const [received] = await exchange(endpoint, [REQUEST], bounds);

    expect(received?.answer).toBeUndefined();
    expect(received?.failure).toContain(why);
  });

  test('that never comes is not waited for longer than allowed', async () => {
    const endpoint = await answering([]);

    const [received] = await exchange(endpoint, [REQUEST], impatient);

    expect(received?.failure).toBe('no complete answer came within 500 ms');
  });

  test('that never ends is cut off', async () => {
    const endpoint = await answering([`HTTP/1.1 200 OK\r\n\r\n${'a'.repeat(2 ** 21)}`]);

    const [received] = await exchange(endpoint, [REQUEST], bounds);

    expect(received?.failure).toContain('longer than');
  });
});

describe('bytes behind a 204', () => {
  test.each([
    ['before the connection ends', ['HTTP/1.1 204 None\r\n\r\nhello'], 1],
    ['on a connection that stays open', ['HTTP/1.1 204 None\r\nContent-Length: 5\r\n\r\nhello'], 1],
    ['before the next answer', ['HTTP/1.1 204 None\r\n\r\nhello', 'HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n'], 2],
    ['instead of the next answer', ['HTTP/1.1 204 None\r\n\r\nhello', ''], 2],
  ])('are found %s', async (_, answers, count) => {
    const endpoint = await answering(answers, answers.length > 1 ? close : undefined);

    const [first] = await exchange(
      endpoint,
      Array.from({ length: count }, () => REQUEST),
      bounds,
    );

    expect(text(first?.answer?.stray)).toBe('hello');
    const violations = first?.answer === undefined ? [] : judgeFraming(contract, REQUEST, first.answer);
    expect(violations).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('RFC 9110, 15.3.5'), found: '5 bytes' }),
    );
  });

  test('are not where the second answer follows at once', async () => {
    const endpoint = await answering(
      ['HTTP/1.1 204 None\r\n\r\n', 'HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n{}'],
      close,
    );

    const [first, second] = await exchange(endpoint, [REQUEST, REQUEST], bounds);

    expect(first?.answer?.stray).toBeUndefined();
    expect(text(second?.answer?.body)).toBe('{}');
  });
});

test('a 204 that announces content breaks RFC 9110 even if none comes', () => {
  const headers = [['content-length', '0'] as const, ['Transfer-Encoding', 'chunked'] as const];

  const violations = judgeFraming(contract, REQUEST, { status: 204, headers, body: Buffer.alloc(0) });

  expect(violations.map(({ message }) => message)).toEqual([
    expect.stringContaining('RFC 9110, 8.6'),
    expect.stringContaining('RFC 9112, 6.1'),
  ]);
});

test('where nobody listens there is no connection', async () => {
  const endpoint = await answering([]);
  server?.close();
  await once(server as Server, 'close');

  await expect(exchange(endpoint, [REQUEST], bounds)).rejects.toThrow(NotConnected);
});

test('an answer without end is not read on: it would fill the memory', async () => {
  const { hostname, port } = await answering(['HTTP/1.1 200 OK\r\n\r\n'], (socket) => {
    const chunk = Buffer.alloc(64 * 1024, 'a');
    const push = () => {
      while (!socket.destroyed && socket.write(chunk));
      if (!socket.destroyed) socket.once('drain', push);
    };
    push();
  });
  const socket = connect({ host: hostname, port });
  const reader = new AnswerReader(socket, 5_000);
  socket.write(REQUEST.bytes);

  const { failure } = await reader.next(REQUEST.method);
  const rest = await reader.rest(300);
  socket.destroy();

  expect(failure).toContain('longer than');
  expect(rest.length).toBeLessThan(1_200_000);
});

test('an interrupt while connecting leaves nothing that keeps the process alive', async () => {
  const endpoint = { ...(await answering([])), isTls: true };
  const timers = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
  const before = timers();
  const stop = new AbortController();

  const exchanged = exchange(endpoint, [REQUEST], { timeoutMs: 60_000, signal: stop.signal });
  await new Promise((resolve) => setImmediate(resolve));
  const during = timers();
  stop.abort();

  await expect(exchanged).rejects.toThrow();
  expect(during).toBeGreaterThan(before);
  expect(timers()).toBe(before);
});
