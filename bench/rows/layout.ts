// Durable deletes: the full path over HTTP to a synced index.json, beside one process of umoci for each tag.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NAMESPACE } from '../contract.ts';
import { tagNames, tagsIn, writeLayout } from '../fixtures/layouts.ts';
import { built, OURS } from '../harness/builds.ts';
import { type Serving, serve } from '../harness/contender.ts';
import { isInstalled, run, SERVER_CORE, temporaryDirectory } from '../harness/processes.ts';
import { Deleter, PRODUCTION_FLAGS, type RealServer, startRealServer } from '../harness/real-server.ts';
import { atOnce, inRounds, type Settings, type Task, takesPart } from '../harness/rounds.ts';
import { rounded } from '../results/print.ts';
import { type Headline, type Measurement, medianOf, type Ratio, type Section } from '../results/results.ts';

const UMOCI = 'umoci';
/** The floors: what the disk alone takes, and what the way of a request alone takes. */
const DISK = 'disk';
const PATH = 'path';
const MOST = 64;
const WARM_UP_REPOSITORIES = 12;
/** Max deletes of ours in a measurement. */
const OUR_DELETES = 1_024;
/** Deletes of umoci in a measurement. Fewer, because a process for each takes long. */
const UMOCI_DELETES = 16;
const MS_A_DELETE = 'ms a delete';
const LOST = 'siblings lost';

const how =
  `The server as an operator starts it, with DATA_DIR on this machine's disk. Every 204 waits for an fsync of file
and directory. Each measurement deletes up to ${OUR_DELETES.toLocaleString('en')} tags of a fresh repository, whose average size meanwhile is
the number of tags given. All tags name one image; tags that were not to be deleted are counted afterwards. umoci is
\`umoci rm\`, one process for each of ${UMOCI_DELETES} tags, started by xargs. Processes of umoci overwrite each other's index, so
they have to run one after another: most deletes of its ${MOST} at once are undone. Two floors: disk is a bare script that
reads, writes and syncs an index of the same size, once for as many deletes as are at once; path is the way of a request
without a disk, the same calls to the server with a store that keeps nothing.`.replaceAll('\n', ' ');

interface Work {
  readonly size: number;
  readonly concurrency: number;
}

const textOf = ({ size, concurrency }: Work) => `${size} tags, ${concurrency} at once`;
const crowd: Work = { size: 1_000, concurrency: MOST };
const bigCrowd: Work = { size: 10_000, concurrency: MOST };
const single: Work = { size: 1_000, concurrency: 1 };
const hugeSingle: Work = { size: 100_000, concurrency: 1 };
const works = [single, crowd, bigCrowd, hugeSingle];
/** Those that umoci takes part in; on 10,000 tags it takes 50 ms a delete. */
const umociWorks = [single, crowd];

interface Ours {
  readonly server: RealServer;
  readonly dataDir: string;
}

export async function layoutRow(settings: Settings): Promise<Section> {
  const ours: Ours[] = [];
  for (const build of settings.builds) {
    const dataDir = temporaryDirectory();
    mkdirSync(join(dataDir, NAMESPACE));
    ours.push({ dataDir, server: await startRealServer(build, { DATA_DIR: dataDir }) });
  }
  const hasUmoci = isInstalled(UMOCI) && takesPart(settings, UMOCI);
  const tasks = works.flatMap((work) => [
    ...ours.map((one) => ourTask(one, work)),
    diskTask(work),
    ...(hasUmoci && umociWorks.includes(work) ? [umociTask(work)] : []),
  ]);
  const path = await serve({
    name: PATH,
    command: () => [process.execPath, ...PRODUCTION_FLAGS, built('bench/servers/ours.js')],
    env: { NODE_ENV: 'production' },
  });
  tasks.push(pathTask(path, crowd));
  settings.report('warming up');
  for (const one of ours)
    for (let at = 0; at < WARM_UP_REPOSITORIES; at += 1) await ourTask(one, { size: 1_000, concurrency: 16 }).run(at);
  const measurements = await inRounds(tasks, settings.rounds, settings.report);
  for (const { server } of ours) await server.end();
  await path.end();
  const section = { name: 'layout', title: 'The layout store, durably', how, headline: headlineOf(measurements) };
  const missing = hasUmoci ? [] : ['umoci: not installed, or not requested'];
  return { ...section, ratios: ratiosOf(measurements), measurements, missing };
}

let repositories = 0;

function ourTask({ server, dataDir }: Ours, work: Work): Task {
  const { size, concurrency } = work;
  return {
    contender: server.name,
    work: textOf(work),
    run: async () => {
      const deletes = deletesOf(work);
      repositories += 1;
      const repository = `app${repositories}`;
      const directory = join(dataDir, NAMESPACE, repository);
      const tags = tagNames(size + deletes / 2);
      writeLayout(directory, tags);
      const deleter = new Deleter(server.url, concurrency);
      const ms = await atOnce(tags.slice(0, deletes), concurrency, (tag) => deleter.mustDelete(tag, repository));
      await deleter.close();
      return { [MS_A_DELETE]: ms / deletes, ...countsOf(directory, tags, deletes) };
    },
  };
}

/** One at a time, a delete takes milliseconds; on 100,000 tags a delete alone takes 50 ms. */
function deletesOf({ size, concurrency }: Work): number {
  if (size > 10_000) return OUR_DELETES / 64;
  return concurrency === 1 ? OUR_DELETES / 16 : OUR_DELETES;
}

function diskTask(work: Work): Task {
  return {
    contender: DISK,
    work: textOf(work),
    run: async () => {
      const directory = temporaryDirectory();
      const deletes = deletesOf(work);
      const tags = tagNames(work.size + deletes / 2);
      writeLayout(directory, tags);
      const numbers = [deletes, work.concurrency, tags.length].map(String);
      const command = [process.execPath, built('bench/rewrite-index.js'), join(directory, 'index.json'), ...numbers];
      return { [MS_A_DELETE]: Number(await run(command, { core: SERVER_CORE })) };
    },
  };
}

function pathTask({ url }: Serving, work: Work): Task {
  return {
    contender: PATH,
    work: textOf(work),
    run: async () => {
      const deleter = new Deleter(url, work.concurrency);
      const tags = tagNames(deletesOf(work));
      const ms = await atOnce(tags, work.concurrency, (tag) => deleter.mustDelete(tag));
      await deleter.close();
      return { [MS_A_DELETE]: ms / tags.length };
    },
  };
}

function umociTask(work: Work): Task {
  const { size, concurrency } = work;
  return {
    contender: UMOCI,
    work: textOf(work),
    run: async () => {
      const directory = join(temporaryDirectory(), 'app');
      const tags = tagNames(size + UMOCI_DELETES / 2);
      writeLayout(directory, tags);
      const list = join(temporaryDirectory(), 'tags');
      writeFileSync(list, tags.slice(0, UMOCI_DELETES).join('\n'));
      // xargs starts umoci: the time that Node takes to start a process would count against it.
      const everyTag = ['xargs', '-a', list, '-P', String(concurrency), '-I{}'];
      const begin = performance.now();
      await run([...everyTag, UMOCI, 'rm', '--image', `${directory}:{}`], { core: SERVER_CORE });
      const ms = performance.now() - begin;
      return { [MS_A_DELETE]: ms / UMOCI_DELETES, ...countsOf(directory, tags, UMOCI_DELETES) };
    },
  };
}

/** Siblings that are gone, and tags that are still there after a successful answer. */
function countsOf(directory: string, tags: readonly string[], deletes: number) {
  const left = new Set(tagsIn(directory));
  return {
    [LOST]: tags.slice(deletes).filter((tag) => !left.has(tag)).length,
    'deletes undone': tags.slice(0, deletes).filter((tag) => left.has(tag)).length,
  };
}

function ratiosOf(measurements: readonly Measurement[]): Ratio[] {
  const ms = (name: string, work: Work) => medianOf(measurements, name, textOf(work), MS_A_DELETE) ?? Number.NaN;
  const floor = ms(DISK, crowd) + ms(PATH, crowd);
  const all: Ratio[] = [
    {
      what: `umoci's time, one after another, ÷ ours, ${textOf(crowd)}`,
      value: ms(UMOCI, single) / ms(OURS, crowd),
      unit: '×',
      atLeast: 50,
    },
    { what: `disk and path ÷ ours, ${textOf(crowd)}`, value: floor / ms(OURS, crowd), unit: '×', atLeast: 0.8 },
    { what: `${MS_A_DELETE}, ${textOf(bigCrowd)}`, value: ms(OURS, bigCrowd), unit: 'ms', atMost: 1 },
    { what: `disk ÷ ours, ${textOf(hugeSingle)}`, value: ms(DISK, hugeSingle) / ms(OURS, hugeSingle), unit: '×' },
  ];
  return all.filter(({ value }) => !Number.isNaN(value));
}

function headlineOf(measurements: readonly Measurement[]): Headline {
  const ms = (name: string, work: Work) => rounded(medianOf(measurements, name, textOf(work), MS_A_DELETE));
  return {
    what: `layout store: ms a durable delete, ${textOf(crowd)}`,
    asked: "1/50 of umoci's, 0.8 of the floor's speed",
    ours: ms(OURS, crowd),
    bestPeer: `umoci ${ms(UMOCI, single)}, one after another`,
    floor: `disk ${ms(DISK, crowd)}, path ${ms(PATH, crowd)}`,
  };
}
