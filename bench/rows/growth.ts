// What grows with what: a delete with the tags beside it, memory with connections, waiting deletes and requests.
import { mkdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { atOnce } from '../at-once.ts';
import { measure, type Serving, serve } from '../contender.ts';
import { tagNames, writeLayout } from '../layouts.ts';
import { residentMiB } from '../proc.ts';
import { temporaryDirectory } from '../processes.ts';
import { Deleter, startRealServer } from '../real-server.ts';
import type { Measurement, Ratio, Section } from '../results.ts';
import { built } from '../root.ts';
import { inRounds } from '../rounds.ts';
import type { Settings } from '../row.ts';
import { NAMESPACE, pathOf, TOKEN, TOKEN_HEADER } from '../servers/contract.ts';
import { series } from '../statistics.ts';

const OURS = 'ours';
const SIZES = [100, 1_000, 10_000, 100_000];
const DELETES = 128;
const MAX_ROUNDS = 3;
const CONNECTIONS = [0, 100, 1_000, 5_000];
/** More than 128 of a repository are not let in. */
const WAITING = [0, 32, 64, 120];
const REQUESTS_LOADS = 6;
const MEMORY = 'resident MiB';
/** A server that was just busy gives memory back in so many milliseconds, or not soon. */
const SETTLE_MS = 500;

export async function growthRow(settings: Settings): Promise<Section> {
  const measurements = [
    ...(await costOfDeletes(settings)),
    ...(await memoryOfConnections(settings)),
    ...(await memoryOfWaiting(settings)),
    ...(await memoryOfRequests(settings)),
  ];
  return { name: 'growth', title: 'Growth', how, ratios: ratiosOf(measurements), measurements, missing: [] };
}

const how = `The time of a delete by the tags in its repository (whole path, fsync, ${DELETES} deletes); the server's
resident memory with idle connections, with deletes that wait for one repository of 100,000 tags, and after loads of
requests one after another (a store in memory, logs on).`.replaceAll('\n', ' ');

/** Memory has to be flat: the last loads must not add to what the first ones needed. */
function ratiosOf(measurements: readonly Measurement[]): Ratio[] {
  const after = measurements
    .filter(({ work }) => work.endsWith(LOADS))
    .map(({ figures }) => figures[MEMORY]?.median ?? 0);
  const [second = Number.NaN, last = Number.NaN] = [after[1], after.at(-1)];
  return [{ what: `memory after ${REQUESTS_LOADS} loads ÷ after 2`, value: last / second, unit: '×', atMost: 1.2 }];
}

const LOADS = 'loads of requests';

let repositories = 0;

async function costOfDeletes({ rounds, report }: Settings): Promise<Measurement[]> {
  const dataDir = temporaryDirectory();
  mkdirSync(join(dataDir, NAMESPACE));
  const server = await startRealServer({ DATA_DIR: dataDir });
  const tasks = SIZES.flatMap((size) =>
    [1, 64].map((concurrency) => ({
      contender: OURS,
      work: `${size} tags, ${concurrency} at once`,
      run: async () => {
        const deletes = concurrency === 1 ? DELETES / 8 : DELETES;
        repositories += 1;
        const repository = `app${repositories}`;
        const tags = tagNames(size + deletes / 2);
        writeLayout(join(dataDir, NAMESPACE, repository), tags);
        const deleter = new Deleter(server.url, concurrency);
        // The first one reads the index; the others find it read.
        await deleter.mustDelete(tags.at(-1) ?? '', repository);
        const work = (tag: string) => deleter.mustDelete(tag, repository);
        const ms = await atOnce(tags.slice(0, deletes), concurrency, work);
        await deleter.close();
        return { 'ms a delete': ms / deletes };
      },
    })),
  );
  const measurements = await inRounds(tasks, Math.min(rounds, MAX_ROUNDS), report);
  await server.end();
  return measurements;
}

async function memoryOfConnections({ report }: Settings): Promise<Measurement[]> {
  const server = await inMemory();
  const sockets: Socket[] = [];
  const measurements: Measurement[] = [];
  for (const count of CONNECTIONS) {
    report(`memory with ${count} connections`);
    while (sockets.length < count) sockets.push(await connected(server));
    measurements.push(await memory(server, `${count} idle connections`));
  }
  for (const socket of sockets) socket.destroy();
  await server.end();
  return measurements;
}

/** A connection that has had an answer, and is kept. */
async function connected({ url }: Serving): Promise<Socket> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  const head = `DELETE ${pathOf('v1')} HTTP/1.1\r\nHost: x\r\n${TOKEN_HEADER}: ${TOKEN}\r\n\r\n`;
  await new Promise<void>((resolve, reject) => {
    socket.once('data', () => resolve());
    socket.once('close', () => reject(new Error('the server closed a connection')));
    socket.write(head);
  });
  return socket;
}

async function memoryOfWaiting({ report }: Settings): Promise<Measurement[]> {
  const dataDir = temporaryDirectory();
  const tags = tagNames(100_000);
  mkdirSync(join(dataDir, NAMESPACE));
  writeLayout(join(dataDir, NAMESPACE, 'app'), tags);
  const server = await startRealServer({ DATA_DIR: dataDir });
  const measurements: Measurement[] = [];
  let next = 0;
  for (const count of WAITING) {
    report(`memory with ${count} deletes waiting`);
    const deleter = new Deleter(server.url, Math.max(1, count));
    let most = residentMiB(server.pid) ?? Number.NaN;
    const watch = setInterval(() => {
      most = Math.max(most, residentMiB(server.pid) ?? Number.NaN);
    }, 10);
    const batch = tags.slice(next, next + count);
    next += count;
    await atOnce(batch, Math.max(1, count), (tag) => deleter.mustDelete(tag, 'app'));
    clearInterval(watch);
    await deleter.close();
    const figures = { 'most MiB meanwhile': series([most]), [MEMORY]: series([await settled(server)]) };
    measurements.push({ contender: OURS, work: `${count} deletes waiting`, figures });
  }
  await server.end();
  return measurements;
}

async function memoryOfRequests({ seconds, report }: Settings): Promise<Measurement[]> {
  const server = await inMemory();
  const work = {
    ...{ method: 'DELETE', path: pathOf('v@'), headers: { [TOKEN_HEADER]: TOKEN } },
    ...{ firstNumber: 1, numbers: 1_000 },
  };
  const measurements: Measurement[] = [];
  for (let load = 1; load <= REQUESTS_LOADS; load += 1) {
    report(`memory after ${load} ${LOADS}`);
    await measure(server, work, { connections: 32, seconds, status: 204 });
    measurements.push(await memory(server, `after ${load} ${LOADS}`));
  }
  await server.end();
  return measurements;
}

const inMemory = () => serve({ name: OURS, command: () => [process.execPath, built('bench/servers/ours.js')] });

async function memory(server: Serving, work: string): Promise<Measurement> {
  return { contender: OURS, work, figures: { [MEMORY]: series([await settled(server)]) } };
}

async function settled({ pid }: Serving): Promise<number> {
  await delay(SETTLE_MS);
  return residentMiB(pid) ?? Number.NaN;
}
