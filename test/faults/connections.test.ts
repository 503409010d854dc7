// Slow, silent, many or large connections cost other callers nothing.
import { createConnection, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { numbered } from '../server/stores/layout/synthetic.ts';
import { expectExample } from '../support/contract.ts';
import { atLength } from '../support/length.ts';
import { answersIn, requestText, type WireAnswer } from '../support/wire.ts';
import { Caller, countByStatus, deleteAll, deletePath, deleteText, statusOf } from './support/caller.ts';
import { type Repository, tagsOf, writeRepository } from './support/images.ts';
import { judge } from './support/judge.ts';
import { type FaultyServer, siteOfEachTest } from './support/server.ts';

const MIB = 1024 * 1024;
/** Milliseconds in which a delete must be answered. It takes a few: one that takes this long waits for the other connections. */
const SERVICE_MS = 20_000;
const site = siteOfEachTest();

/** Opens a connection whose errors are ignored. @returns it, and what it received until it ended */
function open(server: FaultyServer): { socket: Socket; ended: Promise<string> } {
  const socket = createConnection({ port: Number(new URL(server.url).port), host: '127.0.0.1' });
  let received = '';
  socket.setEncoding('latin1').on('error', () => undefined);
  socket.on('data', (text: string) => {
    received += text;
  });
  return { socket, ended: new Promise((resolve) => socket.once('close', () => resolve(received))) };
}

/** Expects that the server still deletes, and soon. */
async function expectService(server: FaultyServer, image: Repository['images'][number] | undefined): Promise<void> {
  const caller = new Caller(server.url);
  const answered = caller.ask(deleteText(image as Repository['images'][number], server.token)).then(statusOf);
  const late = delay(SERVICE_MS, 'no answer yet', { ref: false });
  expect(await Promise.race([answered, late])).toBe(204);
  caller.close();
}

test('Callers that send byte by byte are answered 408 in time, and other callers are served meanwhile', {
  timeout: 240_000,
}, async () => {
  const SLOW = atLength(200, 1_000);
  const BODIES = atLength(20, 1_000);
  const PAUSE_MS = 500;
  const { images } = await writeRepository(site().dataDir, 'app', numbered('tag', 20));
  const server = await site().start();
  const body = requestText(`DELETE ${deletePath(images[0] as (typeof images)[number])}`, {
    'X-Auth-Token': server.token,
    'Content-Length': '1000',
  });
  const drip = async (start: string) => {
    const { socket, ended } = open(server);
    socket.write(start);
    let hasEnded = false;
    void ended.then(() => {
      hasEnded = true;
    });
    while (!hasEnded) {
      await delay(PAUSE_MS);
      socket.write('a');
    }
    socket.destroy();
    return ended;
  };
  const bodies = Array.from({ length: BODIES }, () => drip(body));
  let isBodyOver = false;
  void Promise.race(bodies).then(() => {
    isBodyOver = true;
  });
  // If headers had as much time as bodies, they would end after them.
  await delay(2_000);
  const headers = Array.from({ length: SLOW }, () => drip('DELETE / HTTP/1.1\r\nHost: a\r\nX-Slow: '));
  await delay(1_000);
  for (const image of images.slice(1, 10)) await expectService(server, image);
  for (const received of await Promise.all(headers))
    expectExample(answersIn(received)[0] as WireAnswer, 'request-timeout');
  // Headers have ten seconds, a whole request has thirty.
  expect(isBodyOver, 'headers had as long as bodies').toBe(false);
  for (const received of await Promise.all(bodies))
    expectExample(answersIn(received)[0] as WireAnswer, 'request-timeout');
  await expectService(server, images[0]);
});

test('10,000 silent connections cost no caller its answer, little memory, and end in time', {
  timeout: 240_000,
}, async () => {
  const SILENT = atLength(2_000, 10_000);
  const { images } = await writeRepository(site().dataDir, 'app', numbered('tag', 200));
  const server = await site().start();
  await expectService(server, images[0]);
  const before = server.memory();
  // After its headers, a request has thirty seconds.
  const other = open(server);
  other.socket.write(requestText('DELETE /', { 'Content-Length': '5' }));
  let isOtherOver = false;
  void other.ended.then(() => {
    isOtherOver = true;
  });
  const connections = Array.from({ length: SILENT }, () => open(server));
  await Promise.all(connections.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))));
  const deletions = await deleteAll(server, images.slice(1), { connections: 8 });
  expect(countByStatus(deletions.map(({ ending }) => ending))).toEqual({ 204: images.length - 1 });
  const kibibytesEach = Math.round((server.peakMemory() - before) / 1024 / SILENT);
  // They have ten seconds to send something.
  const received = await Promise.all(connections.map(({ ended }) => ended));
  expect(isOtherOver, 'silent connections had as long as a request').toBe(false);
  other.socket.destroy();
  console.info(JSON.stringify({ silent: SILENT, kibibytesEach }));
  expect(kibibytesEach).toBeLessThan(64);
  const judged = received.map((text) => judge(text));
  expect(judged.flatMap(({ problems }) => problems)).toEqual([]);
  expect(judged.filter(({ statuses }) => statuses.join() !== '408')).toEqual([]);
  await expect.poll(() => server.openFiles(), { timeout: 30_000 }).toBeLessThan(100);
});

test('Each of 2,000 deletes at once gets an answer, and exactly the tags that were answered 204 are gone', {
  timeout: 240_000,
}, async () => {
  const { layout, images } = await writeRepository(site().dataDir, 'app', numbered('tag', 2_001));
  const server = await site().start();
  const deletions = await deleteAll(server, images.slice(1), { connections: 2_000 });
  const counts = countByStatus(deletions.map(({ ending }) => ending));
  console.info(JSON.stringify(counts));
  expect(counts['204']).toBeGreaterThan(0);
  expect(deletions.filter(({ ending }) => ![204, 429].includes(Number(statusOf(ending))))).toEqual([]);
  const present = await tagsOf(layout);
  expect(deletions.filter(({ image, ending }) => (statusOf(ending) === 204) === present.has(image.tag))).toEqual([]);
  await expectService(server, images[0]);
});

test('Pipelines whose answers are not read are not read either: memory stays flat', {
  timeout: 240_000,
}, async () => {
  const PIPELINES = 64;
  const REQUESTS = 500;
  const { images } = await writeRepository(site().dataDir, 'app', ['v1']);
  const server = await site().start();
  const request = requestText('DELETE /', { Connection: 'keep-alive' });
  const fill = async (requests: number) => {
    const { socket, ended } = open(server);
    socket.pause();
    await new Promise((resolve) => socket.write(request.repeat(requests), resolve));
    return { socket, ended };
  };
  const read = async ({ socket, ended }: ReturnType<typeof open>) => {
    socket.write(requestText('DELETE /'));
    socket.resume();
    return judge(await ended);
  };
  // Warms the server up: the memory of the work itself does not count.
  for (let times = 0; times < 10; times += 1) await read(await fill(1_000));
  const before = server.memory();
  const pipelines = await Promise.all(Array.from({ length: PIPELINES }, () => fill(REQUESTS)));
  await delay(1_000);
  const grown = server.peakMemory() - before;
  const judged = await Promise.all(pipelines.map(read));
  console.info(JSON.stringify({ requests: PIPELINES * REQUESTS, grown: Math.round(grown / MIB) }));
  expect(judged.flatMap(({ problems }) => problems)).toEqual([]);
  expect(judged.map(({ statuses }) => statuses.length)).toEqual(Array(PIPELINES).fill(REQUESTS + 1));
  // 300 MiB where they pile up, 50 to 120 where they do not.
  expect(grown).toBeLessThan(200 * MIB);
  await expectService(server, images[0]);
});

test.each([
  ['with its length', { 'Content-Length': String(1024 * MIB) }],
  ['in chunks', { 'Transfer-Encoding': 'chunked' }],
])('A body of 1 GB %s is refused early, and memory stays flat', { timeout: 240_000 }, async (_, framing) => {
  const UPLOADS = 8;
  const { layout, images } = await writeRepository(site().dataDir, 'app', ['v1', 'v2']);
  const server = await site().start();
  await expectService(server, images[1]);
  const before = server.memory();
  const head = requestText(`DELETE ${deletePath(images[0] as (typeof images)[number])}`, {
    'X-Auth-Token': server.token,
    ...framing,
  });
  const chunk = Buffer.alloc(MIB, 'x');
  const piece =
    'Content-Length' in framing ? chunk : Buffer.concat([Buffer.from('100000\r\n'), chunk, Buffer.from('\r\n')]);
  const upload = async () => {
    const { socket, ended } = open(server);
    let isEnded = false;
    void ended.then(() => {
      isEnded = true;
    });
    socket.write(head);
    let sent = 0;
    for (; sent < 1024 && !isEnded; sent += 1) {
      if (!socket.write(piece)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), ended]);
    }
    return { received: await ended, sent };
  };
  const uploads = await Promise.all(Array.from({ length: UPLOADS }, upload));
  const grown = server.peakMemory() - before;
  console.info(JSON.stringify({ mebibytesSent: uploads.map(({ sent }) => sent), grown: Math.round(grown / MIB) }));
  for (const { received } of uploads) expectExample(answersIn(received)[0] as WireAnswer, 'body-too-large');
  expect(Math.max(...uploads.map(({ sent }) => sent))).toBeLessThan(64);
  expect(grown).toBeLessThan(128 * MIB);
  expect(await tagsOf(layout)).toEqual(new Set(['v1']));
});
