// The proxy changes nothing: what one side sends, the other side gets, byte for byte, whatever it is.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { exchange } from '../../support/wire.ts';
import { type RunningCheck, type ScriptedProvider, startCheck, startScripted } from './start-consumer-check.ts';

let provider: ScriptedProvider;
let check: RunningCheck;
afterEach(async () => {
  await check.end();
  await provider.close();
});

/** Sends to a provider that gives these bytes once all has arrived. @returns what each side got */
async function pass(sent: Buffer, answer: Buffer) {
  provider = await startScripted((socket) => {
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      if (bytes >= sent.length) socket.end(answer);
    });
  });
  check = await startCheck(provider.url);
  const received = await exchange(check.url, sent);
  return { sent: provider.received().toString('latin1'), received };
}

const ANSWER = 'HTTP/1.1 204 No Content\r\nx-request-id: a\r\n\r\n';
const HEAD = 'DELETE /v2/manage/namespaces/group/repos/busybox/tags/v1 HTTP/1.1\r\n';

test.each([
  [
    'letters’ case, order, repetition and white space of headers',
    `${HEAD}hOST:  x\r\nx-B: 2\r\nX-b:1 \r\nX-b: 1\r\n\r\n`,
    ANSWER,
  ],
  [
    'illegal percent-encodings and raw bytes in the target',
    'DELETE /%zz/%00/%2f/\xff\xfe//../. HTTP/1.1\r\nHost: x\r\n\r\n',
    ANSWER,
  ],
  [
    'chunks, their extensions and trailers',
    `${HEAD}Host: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n00\r\nT: 1\r\n\r\n`,
    ANSWER,
  ],
  ['a pipeline', `${HEAD}Host: x\r\n\r\n${HEAD}Host: x\r\n\r\n`, `${ANSWER}${ANSWER}`],
  ['what is no HTTP', '\x16\x03\x01\x02\x00\x01 \0\r\n\n\r garbage', 'and garbage back \0\xff'],
  ['line ends that are none', 'DELETE / HTTP/1.1\nHost: x\n\n', 'HTTP/1.1 200\nX: 1\n\nbody'],
  [
    'Content-Length beside Transfer-Encoding',
    `${HEAD}Host: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ANSWER,
  ],
  ['a 204 with a body, and bytes after it', HEAD, `HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}stray`],
  ['an interim answer', `${HEAD}Host: x\r\nExpect: 100-continue\r\n\r\n`, `HTTP/1.1 100 Continue\r\n\r\n${ANSWER}`],
  ['a change of protocol', `${HEAD}Upgrade: x\r\n\r\n\0\x01\x02`, 'HTTP/1.1 101 Switching Protocols\r\n\r\n\0\x01\x02'],
])('%s', async (_, request, answer) => {
  const passed = await pass(Buffer.from(request, 'latin1'), Buffer.from(answer, 'latin1'));
  expect(passed).toEqual({ sent: request, received: answer });
});

test('a large answer and a large request, and a reader that is slow', async () => {
  const [sent, answer] = [randomBytes(8 * 1024 * 1024), randomBytes(8 * 1024 * 1024)];
  const passed = await pass(sent, answer);
  expect(Buffer.from(passed.sent, 'latin1').equals(sent)).toBe(true);
  expect(Buffer.from(passed.received, 'latin1').equals(answer)).toBe(true);
});

test('any bytes at all, cut anywhere', async () => {
  provider = await startScripted((socket) => socket.pipe(socket));
  check = await startCheck(provider.url);
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom(HEAD, 'Host: x\r\n', '\r\n', 'Content-Length: 5\r\n\r\n', ANSWER, '0\r\n\r\n')
      .map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
      const socket = connect(Number(new URL(check.url).port), '127.0.0.1');
      const back: Buffer[] = [];
      socket.on('data', (bytes) => void back.push(bytes));
      for (const one of pieces) socket.write(one);
      socket.end();
      await once(socket, 'close');
      return Buffer.concat(back).equals(Buffer.concat(pieces));
    }),
    { numRuns: 100 },
  );
});

describe('how a connection ends is passed on too', () => {
  test('a reset of the provider is a reset for the consumer', async () => {
    provider = await startScripted((socket) => void socket.once('data', () => socket.resetAndDestroy()));
    check = await startCheck(provider.url);
    const socket = connect(Number(new URL(check.url).port), '127.0.0.1');
    socket.write(HEAD);
    const [error] = (await once(socket, 'error').catch((thrown) => [thrown])) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
  });

  test('a consumer that says it will send no more still gets its answer', async () => {
    provider = await startScripted((socket) => void socket.on('end', () => socket.end('late')));
    check = await startCheck(provider.url);
    const socket = connect({ port: Number(new URL(check.url).port), host: '127.0.0.1', allowHalfOpen: true });
    socket.end('done');
    const [bytes] = await once(socket, 'data');
    expect(bytes.toString()).toBe('late');
    expect(provider.received().toString()).toBe('done');
  });

  test('a provider that says it will send no more still gets what comes', async () => {
    provider = await startScripted((socket) => void socket.end('early'));
    check = await startCheck(provider.url);
    const socket = connect({ port: Number(new URL(check.url).port), host: '127.0.0.1', allowHalfOpen: true });
    await once(socket.resume(), 'end');
    socket.end('late');
    await expect.poll(() => provider.received().toString()).toBe('late');
  });

  test('a provider that cannot be reached is a closed connection, and the report says so', async () => {
    provider = await startScripted(() => undefined);
    await provider.close();
    check = await startCheck(provider.url);
    const socket = connect(Number(new URL(check.url).port), '127.0.0.1');
    socket.on('error', () => undefined).write(HEAD);
    await new Promise((resolve) => socket.once('close', resolve));
    const trouble = `${provider.url} cannot be reached: ECONNREFUSED`;
    expect(check.troubles).toEqual([trouble]);
    expect((await check.end()).notes).toEqual([`${trouble} (once)`]);
    provider = await startScripted(() => undefined);
  });
});
