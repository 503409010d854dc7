// What memory grows with: connections, waiting deletes and requests.
import { mkdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NAMESPACE, pathOf, TOKEN, TOKEN_HEADER } from '../contract.ts';
import { tagNames, writeLayout } from '../fixtures/layouts.ts';
import { type Build, builtIn, OURS } from '../harness/builds.ts';
import { measure, type Serving, serve } from '../harness/contender.ts';
import { residentMiB, temporaryDirectory } from '../harness/processes.ts';
import { Deleter, startRealServer } from '../harness/real-server.ts';
import { atOnce, type Settings } from '../harness/rounds.ts';
import { type Measurement, type Ratio, type Section, series } from '../results/results.ts';

const CONNECTIONS = [0, 1_000, 5_000];
/** The server admits at most 128 deletes of one repository. */
const WAITING = [0, 120];
const REQUEST_LOADS = 6;
const LOADS = 'loads of requests';
const MEMORY = 'resident MiB';
/** Milliseconds in which a server that was busy gives memory back. What it keeps then, it keeps for long. */
const SETTLE_MS = 500;

const how =
  `The server's resident memory with idle connections, with deletes that wait for one repository of 100,000 tags, and
after loads of requests one after another (a store in memory, logs on).`.replaceAll('\n', ' ');

export async function growthRow(settings: Settings): Promise<Section> {
  const measurements: Measurement[] = [];
  for (const build of settings.builds) {
    measurements.push(...(await memoryOfConnections(build, settings)));
    measurements.push(...(await memoryOfWaiting(build, settings)));
    measurements.push(...(await memoryOfRequests(build, settings)));
  }
  return { name: 'growth', title: 'Memory', how, ratios: ratiosOf(measurements), measurements, missing: [] };
}

/** Memory must be flat: the last loads must not need more than the first ones. */
function ratiosOf(measurements: readonly Measurement[]): Ratio[] {
  const after = measurements
    .filter(({ contender, work }) => contender === OURS && work.endsWith(LOADS))
    .map(({ figures }) => figures[MEMORY]?.median ?? 0);
  const [second = Number.NaN, last = Number.NaN] = [after[1], after.at(-1)];
  return [{ what: `memory after ${REQUEST_LOADS} loads ÷ after 2`, value: last / second, unit: '×', atMost: 1.2 }];
}

async function memoryOfConnections(build: Build, { report }: Settings): Promise<Measurement[]> {
  const server = await inMemory(build);
  const sockets: Socket[] = [];
  const measurements: Measurement[] = [];
  for (const count of CONNECTIONS) {
    report(`${build.name}: memory with ${count} connections`);
    while (sockets.length < count) sockets.push(await connected(server));
    measurements.push(await memory(server, `${count} idle connections`));
  }
  for (const socket of sockets) socket.destroy();
  await server.end();
  return measurements;
}

/** Opens a connection, receives one answer on it and keeps it. */
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

async function memoryOfWaiting(build: Build, { report }: Settings): Promise<Measurement[]> {
  const dataDir = temporaryDirectory();
  const tags = tagNames(100_000);
  mkdirSync(join(dataDir, NAMESPACE));
  writeLayout(join(dataDir, NAMESPACE, 'app'), tags);
  const server = await startRealServer(build, { DATA_DIR: dataDir });
  const measurements: Measurement[] = [];
  let next = 0;
  for (const count of WAITING) {
    report(`${build.name}: memory with ${count} deletes waiting`);
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
    measurements.push({ contender: build.name, work: `${count} deletes waiting`, figures });
  }
  await server.end();
  return measurements;
}

async function memoryOfRequests(build: Build, { seconds, report }: Settings): Promise<Measurement[]> {
  const server = await inMemory(build);
  const headers = { [TOKEN_HEADER]: TOKEN };
  const work = { method: 'DELETE', path: pathOf('v@'), headers, firstNumber: 1, numbers: 1_000 };
  const measurements: Measurement[] = [];
  for (let load = 1; load <= REQUEST_LOADS; load += 1) {
    report(`${build.name}: memory after ${load} ${LOADS}`);
    await measure(server, work, { connections: 32, seconds, status: 204 });
    measurements.push(await memory(server, `after ${load} ${LOADS}`));
  }
  await server.end();
  return measurements;
}

const inMemory = (build: Build): Promise<Serving> =>
  serve({ name: build.name, command: () => [process.execPath, builtIn(build, 'bench/servers/ours.js')] });

async function memory(server: Serving, work: string): Promise<Measurement> {
  return { contender: server.name, work, figures: { [MEMORY]: series([await settled(server)]) } };
}

async function settled({ pid }: Serving): Promise<number> {
  await delay(SETTLE_MS);
  return residentMiB(pid) ?? Number.NaN;
}
