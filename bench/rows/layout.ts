// Deletes that are durable: the whole way over HTTP to a synced index.json, beside a process of umoci for each tag.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atOnce } from '../at-once.ts';
import { tagNames, tagsIn, writeLayout } from '../layouts.ts';
import { isInstalled, run, SERVER_CORE, temporaryDirectory } from '../processes.ts';
import { Deleter, startRealServer } from '../real-server.ts';
import { medianOf, type Ratio, type Section } from '../results.ts';
import { inRounds, type Task } from '../rounds.ts';
import { type Settings, takesPart } from '../row.ts';
import { NAMESPACE } from '../servers/contract.ts';

const OURS = 'ours';
const UMOCI = 'umoci';
const SIZES = [100, 1_000, 10_000];
const MOST = 64;
const CONCURRENCIES = [1, 16, MOST];
const WARM_UP_REPOSITORIES = 12;
const MS_A_DELETE = 'ms a delete';
const LOST = 'siblings lost';

/** So many tags are deleted in a measurement; a process for each of them takes long. */
const deletesOf = (name: string, size: number) => (name === UMOCI ? UMOCI_DELETES : Math.min(size, 256));
const UMOCI_DELETES = 16;

const workOf = (size: number, concurrency: number) => `${size} tags, ${concurrency} at once`;

export async function layoutRow(settings: Settings): Promise<Section> {
  const dataDir = temporaryDirectory();
  mkdirSync(join(dataDir, NAMESPACE));
  const server = await startRealServer({ DATA_DIR: dataDir });
  const hasUmoci = isInstalled(UMOCI) && takesPart(settings, UMOCI);
  const works = SIZES.flatMap((size) => CONCURRENCIES.map((concurrency) => ({ size, concurrency })));
  const tasks = works.flatMap((work): Task[] => [
    ourTask(server.url, dataDir, work),
    ...(hasUmoci && work.concurrency !== 16 ? [umociTask(work)] : []),
  ]);
  settings.report('warming up');
  for (let at = 0; at < WARM_UP_REPOSITORIES; at += 1)
    await ourTask(server.url, dataDir, { size: 1_000, concurrency: 16 }).run(at);
  const measurements = await inRounds(tasks, settings.rounds, settings.report);
  await server.end();
  const ms = (name: string, work: string) => medianOf(measurements, name, work, MS_A_DELETE);
  const ratios = SIZES.flatMap((size): Ratio[] => {
    const own = ms(OURS, workOf(size, MOST));
    const inTurn = ms(UMOCI, workOf(size, 1));
    const beside = ms(UMOCI, workOf(size, MOST));
    if (own === undefined || inTurn === undefined || beside === undefined) return [];
    const what = `÷ ours, ${workOf(size, MOST)}`;
    return [
      {
        what: `umoci's time, one after another, ${what}`,
        value: inTurn / own,
        unit: '×',
        ...(size === 1_000 && { atLeast: 50 }),
      },
      { what: `umoci's time, ${MOST} at once and undoing deletes, ${what}`, value: beside / own, unit: '×' },
    ];
  });
  const most = workOf(10_000, MOST);
  ratios.push({ what: `${MS_A_DELETE}, ${most}`, value: ms(OURS, most) ?? Number.NaN, unit: 'ms', atMost: 1 });
  const missing = hasUmoci ? [] : ['umoci: not installed, or not asked for'];
  return { name: 'layout', title: 'The layout store, durably', how, ratios, measurements, missing };
}

const how = `The server as it is started, DATA_DIR on this machine's disk, every 204 behind an fsync of file and
directory. Up to 256 tags of a fresh repository are deleted, which has so many tags on average meanwhile; all tags name
one image, and those that are not deleted are counted afterwards. umoci is \`umoci rm\`, a process for each of
${UMOCI_DELETES} tags, started by xargs; its processes overwrite each other's index, so that it has to be called one after another: the\nfigure for ${MOST} at once is of deletes most of which are undone.`.replaceAll(
  '\n',
  ' ',
);

interface Work {
  readonly size: number;
  readonly concurrency: number;
}

let repositories = 0;

function ourTask(url: string, dataDir: string, { size, concurrency }: Work): Task {
  return {
    contender: OURS,
    work: workOf(size, concurrency),
    run: async () => {
      const deletes = deletesOf(OURS, size);
      repositories += 1;
      const repository = `app${repositories}`;
      const directory = join(dataDir, NAMESPACE, repository);
      const tags = tagNames(size + deletes / 2);
      writeLayout(directory, tags);
      const deleter = new Deleter(url, concurrency);
      const ms = await atOnce(tags.slice(0, deletes), concurrency, (tag) => deleter.mustDelete(tag, repository));
      await deleter.close();
      return { [MS_A_DELETE]: ms / deletes, ...countsOf(directory, tags, deletes) };
    },
  };
}

function umociTask({ size, concurrency }: Work): Task {
  return {
    contender: UMOCI,
    work: workOf(size, concurrency),
    run: async () => {
      const directory = join(temporaryDirectory(), 'app');
      const tags = tagNames(size + UMOCI_DELETES / 2);
      writeLayout(directory, tags);
      const list = join(temporaryDirectory(), 'tags');
      writeFileSync(list, tags.slice(0, UMOCI_DELETES).join('\n'));
      // Not from here: umoci would be charged for what it takes Node to start a process.
      const everyTag = ['xargs', '-a', list, '-P', String(concurrency), '-I{}'];
      const begin = performance.now();
      await run([...everyTag, UMOCI, 'rm', '--image', `${directory}:{}`], { core: SERVER_CORE });
      const ms = performance.now() - begin;
      return { [MS_A_DELETE]: ms / UMOCI_DELETES, ...countsOf(directory, tags, UMOCI_DELETES) };
    },
  };
}

/** What became of the siblings, and of what was answered as deleted. */
function countsOf(directory: string, tags: readonly string[], deletes: number) {
  const left = new Set(tagsIn(directory));
  return {
    [LOST]: tags.slice(deletes).filter((tag) => !left.has(tag)).length,
    'deletes undone': tags.slice(0, deletes).filter((tag) => left.has(tag)).length,
  };
}
