// The mock survives random bytes and almost valid requests, for MOCK_FUZZ_SECONDS.
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type Random, randomOf } from '../support/random.ts';
import { requestText } from '../support/wire.ts';
import { askFor, type MockProcess, pathOf, startMockProcess } from './start-mock.ts';

const SECONDS = Number(process.env['MOCK_FUZZ_SECONDS'] ?? 5);
const SEED = Number(process.env['MOCK_FUZZ_SEED'] ?? 20_261_123);
const CONNECTIONS = 16;

/** Inserted into requests: each of these has crashed a server somewhere. */
const NASTY = [
  '%zz',
  '%',
  '%C3%28',
  '%00',
  '\0',
  '\r\n',
  '\r\n\r\n',
  'ä',
  '..',
  '//',
  '?',
  '#',
  'http://',
  '$',
  ':',
  ';',
];
const METHODS = ['DELETE', 'GET', 'HEAD', 'CONNECT', 'OPTIONS', 'PRI', 'delete', 'M-SEARCH'];
const HEADERS = ['X-Auth-Token', 'Authorization', 'X-Sdk-Date', 'Prefer', 'X-Mock-Session', 'X-Request-Id', 'Host'];
const MORE_HEADERS = ['Expect', 'Transfer-Encoding', 'Content-Length', 'Connection', 'Upgrade', 'X-Sdk-Content-Sha256'];
const VALUES = [
  'any',
  '',
  'chunked',
  '5',
  '-1',
  'close',
  'upgrade',
  'websocket',
  '100-continue',
  'code=404',
  'code==',
  '"',
];
const TAGS = ['v1', 'mock-throttled', 'mock-reset', 'mock-truncate', 'mock-flaky-1', 'mock-delay-5', 'mock-'];

/** Bytes of an attacker. */
function attack(random: Random): Buffer {
  const one = <T>(list: readonly T[]) => list[random(list.length)] as T;
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => random(256)));
  const kind = random(8);
  if (kind === 0) return bytes(1 + random(2_000));
  const header = () =>
    `${one([...HEADERS, ...MORE_HEADERS])}: ${one([...VALUES, ...NASTY, bytes(8).toString('latin1')])}`;
  const extra = Array.from({ length: random(5) }, header).join('\r\n');
  const path = random(3) === 0 ? pathOf(`${one(TAGS)}${one(NASTY)}`, `${one(NASTY)}/repos/busybox`) : pathOf(one(TAGS));
  const target = random(10) === 0 ? `/__mock/sessions${one(['', '/', '/a', `/${one(NASTY)}`])}` : path;
  const text = requestText(`${one(METHODS)} ${target}`, { 'X-Auth-Token': 'any' });
  const whole = Buffer.from(extra === '' ? text : text.replace(/\r\n$/, `${extra}\r\n\r\n`), 'latin1');
  if (kind === 1) return whole.subarray(0, random(whole.length));
  if (kind === 2) return Buffer.concat([whole, whole, bytes(random(100))]);
  if (kind === 3) return Buffer.concat([whole.subarray(0, 20), Buffer.alloc(random(80_000), 'a'), whole.subarray(20)]);
  if (kind === 4) {
    for (let times = 0; times < 5; times += 1) whole[random(whole.length)] = random(256);
  }
  return whole;
}

/** Sends bytes and closes the connection after 20 to 80 ms. */
function strike(port: number, bytes: Buffer, random: Random): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const patience = setTimeout(() => socket.destroy(), 20 + random(60));
    if (random(4) === 0) setTimeout(() => socket.resetAndDestroy(), random(10));
    socket.on('error', () => undefined).resume();
    socket.on('close', () => {
      clearTimeout(patience);
      resolve();
    });
  });
}

let mock: MockProcess;
afterEach(async () => {
  mock.child.kill('SIGKILL');
  await mock.ended;
});

test(
  `The mock survives ${SECONDS} s of random bytes (seed ${SEED})`,
  async () => {
    mock = startMockProcess('--faults');
    mock.child.stdout?.resume();
    const url = await mock.url;
    const port = Number(new URL(url).port);
    const until = performance.now() + SECONDS * 1_000;
    let strikes = 0;
    const attacker = async (number: number) => {
      const random = randomOf(SEED + number);
      while (performance.now() < until && mock.child.exitCode === null) {
        await strike(port, attack(random), random);
        strikes += 1;
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, (_, number) => attacker(number)));
    expect(mock.child.exitCode, mock.stderr()).toBe(null);
    expect(strikes).toBeGreaterThan(SECONDS * 20);
    const headers = { 'X-Auth-Token': 'any', 'X-Mock-Session': 'afterwards' };
    expect((await askFor(url, 'v1', headers)).status).toBe(204);
    expect((await askFor(url, 'v1', headers)).status).toBe(404);
    expect(mock.stderr()).toBe('');
    expect(mock.stdout()).not.toContain('the mock itself failed');
    process.stdout.write(`${strikes} connections in ${SECONDS} s\n`);
  },
  (SECONDS + 30) * 1_000,
);
