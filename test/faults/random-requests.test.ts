// Nothing that arrives on a socket ends the server or makes it break the contract.
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { numbered } from '../server/stores/layout/synthetic.ts';
import { atLength } from '../support/length.ts';
import { randomOf } from '../support/random.ts';
import { Caller, deleteText, statusOf } from './support/caller.ts';
import { tagsOf, writeRepository } from './support/images.ts';
import { judge } from './support/judge.ts';
import { mutatedRequests } from './support/mutated-requests.ts';
import { KEYS, siteOfEachTest } from './support/server.ts';

const CONNECTIONS = atLength(3_000, 100_000);
const AT_ONCE = 48;
const SEED = Number(process.env['FAULTS_SEED'] ?? 20_261_123);
/** Milliseconds without an answer after which the test ends a connection that waits for more. */
const PATIENCE_MS = atLength(250, 500);
/** The same, if every request must be answered and the server must end the connection with the last answer. */
const LONG_PATIENCE_MS = 60_000;

const site = siteOfEachTest();

/** What was received until the connection ended, and whether the server ended it. */
function send(
  port: number,
  bytes: Buffer,
  patienceMs: number,
): Promise<{ readonly received: string; readonly endedByServer: boolean }> {
  return new Promise((resolve, reject) => {
    let received = '';
    let endedByServer = true;
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('latin1').setTimeout(patienceMs, () => {
      endedByServer = false;
      socket.destroy();
    });
    socket.on('data', (text: string) => {
      received += text;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') reject(error);
    });
    socket.on('close', () => resolve({ received, endedByServer }));
  });
}

test(`Every answer to ${CONNECTIONS} connections with random and mutated requests (FAULTS_SEED=${SEED}) keeps the contract`, {
  timeout: 120_000 + CONNECTIONS * 20,
}, async () => {
  const { layout, images } = await writeRepository(site().dataDir, 'app', [...numbered('tag', 2_000), 'kept']);
  const server = await site().start();
  const port = Number(new URL(server.url).port);
  const origin = { token: server.token, keys: KEYS, tags: images.slice(0, -1).map(({ tag }) => tag) };
  const openFiles = server.openFiles();
  const counts: Record<string, number> = {};
  const breaches: object[] = [];
  /** Request ids without an answer, on connections that the server has ended. */
  const unanswered = new Set<unknown>();
  let whole = 0;
  let next = 0;
  const attack = async () => {
    for (let number = next++; number < CONNECTIONS && breaches.length < 5; number = next++) {
      const { bytes, ids, answers } = mutatedRequests(randomOf(SEED + number), origin);
      const { received, endedByServer } = await send(port, bytes, answers ? LONG_PATIENCE_MS : PATIENCE_MS);
      const { statuses, problems } = judge(received, !endedByServer);
      const isSilent = endedByServer && statuses.length === 0;
      const isShort = answers !== undefined && (statuses.length !== answers || !endedByServer);
      if (endedByServer) for (const id of ids) if (!received.includes(id)) unanswered.add(id);
      if (answers !== undefined) whole += 1;
      for (const status of [...statuses, ...(isSilent ? ['silent' as const] : [])])
        counts[status] = (counts[status] ?? 0) + 1;
      if (problems.length > 0 || isSilent || isShort)
        breaches.push({
          number,
          problems,
          isSilent,
          ...(isShort && { answers, statuses, endedByServer }),
          sent: bytes.toString('latin1').slice(0, 600),
          received: received.slice(0, 300),
        });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, attack));
  console.info(JSON.stringify({ counts, whole, peakMemory: server.peakMemory() }));

  expect(breaches).toEqual([]);
  expect(server.process.stderr()).toBe('');
  expect(server.process.child.exitCode).toBe(null);
  expect(server.logged('request').filter(({ status }) => Number(status) >= 500)).toEqual([]);
  expect(Object.keys(counts)).toEqual(expect.arrayContaining(['204', '400', '401', '404', '405']));
  // Nothing is left behind: no socket, no request under way, and the server works.
  const openedByCopies = 3; // the pipes to the shell that copies attributes, which the first delete starts
  await expect.poll(() => server.openFiles(), { timeout: 60_000 }).toBeLessThanOrEqual(openFiles + 1 + openedByCopies);
  await expect
    .poll(async () => (await fetch(`${server.adminUrl}/metrics`)).text(), { timeout: 60_000 })
    .toMatch(/^swr_requests_in_flight 0$/m);
  expect(
    server.logged('request').filter(({ requestId, delivered }) => unanswered.has(requestId) && delivered !== false),
    'answers that were lost on their way',
  ).toEqual([]);
  expect(await tagsOf(layout)).toContain('kept');
  const caller = new Caller(server.url);
  expect(statusOf(await caller.ask(deleteText(images.at(-1) as (typeof images)[number], server.token)))).toBe(204);
  caller.close();
});
