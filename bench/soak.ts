// The server under a mixed load for minutes: at the end, its memory, open files and handles must be what they were after one.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { request } from 'undici';
import { NAMESPACE } from './contract.ts';
import { tagNames, writeLayout } from './fixtures/layouts.ts';
import { OURS, projectRoot } from './harness/builds.ts';
import { nodeProgram } from './harness/node-versions.ts';
import { bindThisProcess, endAllWithThisProcess, temporaryDirectory } from './harness/processes.ts';
import { Deleter, type RealServer, startRealServer } from './harness/real-server.ts';
import { atOnce } from './harness/rounds.ts';
import { numberUpTo } from './options.ts';
import { describe, thisMachine } from './results/machine.ts';
import { piped } from './results/print.ts';

/** What is watched, by the name of the server's own metric. */
const WATCHED = {
  'resident MiB': { metric: 'process_resident_memory_bytes', divisor: 2 ** 20 },
  'heap MiB': { metric: 'nodejs_heap_size_used_bytes', divisor: 2 ** 20 },
  'open files': { metric: 'process_open_fds', divisor: 1 },
  'active handles': { metric: 'nodejs_active_handles', divisor: 1 },
} as const;
type Watched = keyof typeof WATCHED;
type Sample = Readonly<Record<Watched, number>>;
const watched = Object.keys(WATCHED) as Watched[];

const REPOSITORIES = 8;
const TAGS = 500;
const AT_ONCE = 32;
/** Milliseconds between two samples. */
const SAMPLE_MS = 10_000;
/**
 * Max ratio of a figure at the end of a run to the one after a minute. The heap is judged by what is left after garbage
 * collections; resident memory also has the room that V8 takes for young objects, which grows on Node 24.
 */
const ALLOWED_GROWTH = 1.2;
/** Where the early samples begin. */
const EARLY_MS = 60_000;
/** Samples whose lowest value counts, of two minutes each: garbage comes and goes above it. */
const SOME = 12;
const MIN_MINUTES = Math.ceil((EARLY_MS + 2 * SOME * SAMPLE_MS) / 60_000);
const MAX_MINUTES = 24 * 60;
const README = join(projectRoot, 'bench/README.md');
const FIGURES = /(?<=<!-- figures: npm run soak -- --write -->\n)[\s\S]*(?=<!-- end of soak -->)/;

const { minutes, node, write } = new Command('soak')
  .description('Runs the server under a mixed load and watches its memory and handles.')
  .option('--minutes <n>', 'length of the run', numberUpTo(MAX_MINUTES), 10)
  .option(
    '--node <versions>',
    'major versions of Node, separated by commas (default: the one that runs this)',
    (text) => text.split(','),
  )
  .option('--write', 'put the figures into bench/README.md', false)
  .parse()
  .opts<{ minutes: number; node?: string[]; write: boolean }>();
if (minutes < MIN_MINUTES) {
  process.stderr.write(`error: a soak takes at least ${MIN_MINUTES} minutes\n`);
  process.exit(2);
}
// Before this process is bound to one core.
const machine = thisMachine();
endAllWithThisProcess();
bindThisProcess();
try {
  process.exit((await soakAll()) ? 0 : 1);
} catch (error) {
  process.stderr.write(`The soak cannot go on: ${(error as Error).message}\n`);
  process.exit(1);
}

/** One line of the page. */
interface Soaked {
  readonly version: string;
  readonly requests: number;
  readonly early: Sample;
  readonly late: Sample;
}

async function soakAll(): Promise<boolean> {
  // All at once: memory is watched here, not speed.
  const runs = await Promise.all((node?.map(nodeProgram) ?? [process.execPath]).map(soak));
  const figures = `${new Date().toISOString().slice(0, 10)}; ${describe(machine)}. ${minutes} minutes, all at once: the lowest figure of the second and third minute → of the last two.

${tableOf(runs)}`;
  process.stdout.write(`${figures}\n`);
  if (write) {
    const page = await readFile(README, 'utf8');
    await writeFile(
      README,
      page.replace(FIGURES, () => `\n${figures}\n\n`),
    );
  }
  return runs.every(isFlat);
}

async function soak(program: string): Promise<Soaked> {
  const version = spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout.trim();
  const dataDir = temporaryDirectory();
  mkdirSync(join(dataDir, NAMESPACE));
  const server = await startRealServer({ name: OURS, root: projectRoot }, { DATA_DIR: dataDir }, program);
  const begin = performance.now();
  const samples: (Sample & { readonly afterMs: number })[] = [];
  let requests = 0;
  for (let next = SAMPLE_MS; next <= minutes * 60_000; next += SAMPLE_MS) {
    while (performance.now() - begin < next) requests += await oneTurn(server, dataDir);
    const sample = await sampleOf(server);
    samples.push({ ...sample, afterMs: performance.now() - begin });
    process.stderr.write(`${version}: ${requests} requests: ${text(sample)}\n`);
  }
  await server.end();
  const firstMinute = samples.findIndex(({ afterMs }) => afterMs >= EARLY_MS);
  return {
    version,
    requests,
    early: lowest(samples.slice(firstMinute, firstMinute + SOME)),
    late: lowest(samples.slice(-SOME)),
  };
}

function isFlat({ early, late }: Soaked): boolean {
  return watched.every((name) => late[name] <= early[name] * ALLOWED_GROWTH);
}

function tableOf(runs: readonly Soaked[]): string {
  const rows = runs.map(({ version, requests, early, late }) => {
    const cells = watched.map((name) => {
      const [one, other] = [early[name], late[name]];
      return `${Math.round(one)} → ${Math.round(other)}${other > one * ALLOWED_GROWTH ? ', GROWN' : ''}`;
    });
    return [version, requests.toLocaleString('en'), ...cells];
  });
  return piped([['Node', 'requests', ...watched.map((name) => `${name}, ≤ ${ALLOWED_GROWTH} ×`)], ...rows]);
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
  // One line, or one for each label.
  const value = ({ metric, divisor }: (typeof WATCHED)[Watched]) => {
    const lines = [...page.matchAll(new RegExp(`^${metric}(?:\\{.*\\})? (.+)$`, 'gm'))];
    if (lines.length === 0) throw new Error(`the server has no metric ${metric}`);
    return lines.reduce((sum, [, number]) => sum + Number(number), 0) / divisor;
  };
  return Object.fromEntries(Object.entries(WATCHED).map(([name, watched]) => [name, value(watched)])) as Sample;
}

function lowest(samples: readonly Sample[]): Sample {
  const least = (name: Watched) => Math.min(...samples.map((sample) => sample[name]));
  return Object.fromEntries(watched.map((name) => [name, least(name)])) as Sample;
}

function text(sample: Sample): string {
  return watched.map((name) => `${name} ${Math.round(sample[name])}`).join(', ');
}
