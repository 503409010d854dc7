// The server under a mixed load for minutes: its memory, open files and handles must be flat at the end.
import { mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { request } from 'undici';
import { NAMESPACE } from './contract.ts';
import { tagNames, writeLayout } from './fixtures/layouts.ts';
import { OURS, projectRoot } from './harness/builds.ts';
import { bindThisProcess, endAllWithThisProcess, temporaryDirectory } from './harness/processes.ts';
import { Deleter, type RealServer, startRealServer } from './harness/real-server.ts';
import { atOnce } from './harness/rounds.ts';
import { numberUpTo } from './options.ts';
import { describe, thisMachine } from './results/machine.ts';

/** What is watched, by the name of the server's own metric. */
const WATCHED = {
  'resident MiB': { metric: 'process_resident_memory_bytes', divisor: 2 ** 20 },
  'heap MiB': { metric: 'nodejs_heap_size_used_bytes', divisor: 2 ** 20 },
  'open files': { metric: 'process_open_fds', divisor: 1 },
  'active handles': { metric: 'nodejs_active_handles_total', divisor: 1 },
} as const;
type Watched = keyof typeof WATCHED;
type Sample = Readonly<Record<Watched, number>>;

const REPOSITORIES = 8;
const TAGS = 500;
const AT_ONCE = 32;
const SAMPLES = 30;
/** Fewer samples say nothing about growth. */
const MIN_SAMPLES = 9;
/** Max ratio of the last third of a run to the middle third. Beyond that: not flat. */
const ALLOWED_GROWTH = 1.1;
const MAX_MINUTES = 24 * 60;
const README = join(projectRoot, 'bench/README.md');
const FIGURES = /(?<=<!-- figures: npm run soak -- --write -->\n)[\s\S]*(?=<!-- end of soak -->)/;

const { minutes, write } = new Command('soak')
  .description('Runs the server under a mixed load and watches its memory and handles.')
  .option('--minutes <n>', 'length of the run', numberUpTo(MAX_MINUTES), 10)
  .option('--write', 'put the figures into bench/README.md', false)
  .parse()
  .opts<{ minutes: number; write: boolean }>();
const machine = thisMachine();
endAllWithThisProcess();
bindThisProcess();
try {
  const isFlat = await soak();
  process.exit(isFlat ? 0 : 1);
} catch (error) {
  process.stderr.write(`The soak cannot go on: ${(error as Error).message}\n`);
  process.exit(1);
}

async function soak(): Promise<boolean> {
  const dataDir = temporaryDirectory();
  mkdirSync(join(dataDir, NAMESPACE));
  const server = await startRealServer({ name: OURS, root: projectRoot }, { DATA_DIR: dataDir });
  const end = performance.now() + minutes * 60_000;
  const samples: Sample[] = [];
  const everyMs = (minutes * 60_000) / SAMPLES;
  let nextSample = performance.now() + everyMs;
  let requests = 0;
  while (performance.now() < end) {
    requests += await oneTurn(server, dataDir);
    if (performance.now() < nextSample) continue;
    nextSample += everyMs;
    const sample = await sampleOf(server);
    samples.push(sample);
    process.stderr.write(`${requests} requests: ${text(sample)}\n`);
  }
  await server.end();
  if (samples.length < MIN_SAMPLES) throw new Error(`${minutes} minutes gave ${samples.length} samples: run longer`);
  const [before, after] = [thirdOf(samples, 1), thirdOf(samples, 2)];
  const isFlat = (Object.keys(WATCHED) as Watched[]).every((name) => after[name] <= before[name] * ALLOWED_GROWTH);
  const figures = `${new Date().toISOString().slice(0, 10)}; Node ${machine.node}; ${describe(machine)}. ${requests.toLocaleString('en')} requests in ${minutes} minutes.
Lowest of the middle third: ${text(before)}; of the last third: ${text(after)}. ${isFlat ? 'Flat.' : 'NOT flat.'}`;
  process.stdout.write(`${figures}\n`);
  if (write)
    await writeFile(
      README,
      (await readFile(README, 'utf8')).replace(FIGURES, () => `\n${figures}\n\n`),
    );
  return isFlat;
}

/** Deletes every tag of some repositories, as many missing tags and as many illegal names, over new connections. */
async function oneTurn({ url }: RealServer, dataDir: string): Promise<number> {
  const tags = tagNames(TAGS);
  const repositories = Array.from({ length: REPOSITORIES }, (_, at) => `app${at}`);
  for (const repository of repositories) writeLayout(join(dataDir, NAMESPACE, repository), [...tags, 'kept']);
  const deleter = new Deleter(url, AT_ONCE);
  const work = repositories.flatMap((repository) =>
    tags.flatMap((tag) => [
      { repository, tag, statuses: [204] },
      { repository, tag: `absent-${tag}`, statuses: [404] },
      { repository, tag: `.${tag}`, statuses: [400] },
    ]),
  );
  await atOnce(work, AT_ONCE, async ({ repository, tag, statuses }) => {
    const status = await deleter.delete(tag, repository);
    if (!statuses.includes(status)) throw new Error(`DELETE of ${repository}:${tag} was answered ${status}`);
  });
  await deleter.close();
  return work.length;
}

async function sampleOf({ adminUrl }: RealServer): Promise<Sample> {
  const { body } = await request(`${adminUrl}/metrics`);
  const page = await body.text();
  const value = ({ metric, divisor }: (typeof WATCHED)[Watched]) =>
    Number(new RegExp(`^${metric} (.+)$`, 'm').exec(page)?.[1]) / divisor;
  return Object.fromEntries(Object.entries(WATCHED).map(([name, watched]) => [name, value(watched)])) as Sample;
}

/** The lowest values of the middle (1) or last (2) third. A leak raises them; garbage only comes and goes above them. */
function thirdOf(samples: readonly Sample[], which: number): Sample {
  const third = Math.max(1, Math.floor(samples.length / 3));
  const some = which === 2 ? samples.slice(-third) : samples.slice(which * third, (which + 1) * third);
  const names = Object.keys(WATCHED) as Watched[];
  return Object.fromEntries(names.map((name) => [name, Math.min(...some.map((sample) => sample[name]))])) as Sample;
}

function text(sample: Sample): string {
  return Object.entries(sample)
    .map(([name, value]) => `${name} ${Math.round(value)}`)
    .join(', ');
}
