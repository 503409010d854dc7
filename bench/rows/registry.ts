// Deletes in a real registry that cannot delete by tag, beside one process of skopeo for each tag.
import { NAMESPACE } from '../contract.ts';
import {
  copyTemplate,
  type DockerRegistry,
  pullableTags,
  pushTemplate,
  startDockerRegistry,
} from '../fixtures/docker-registry.ts';
import { OURS } from '../harness/builds.ts';
import { isInstalled, run, temporaryDirectory } from '../harness/processes.ts';
import { Deleter, type RealServer, startRealServer } from '../harness/real-server.ts';
import { atOnce, inRounds, type Settings, type Task, takesPart } from '../harness/rounds.ts';
import { rounded } from '../results/print.ts';
import { type Headline, type Measurement, medianOf, type Ratio, type Section } from '../results/results.ts';

const SKOPEO = 'skopeo';
/** Each has two tags. */
const IMAGES = 500;
const CONCURRENCIES = [16];
const MAX_ROUNDS = 3;
const DELETES_A_SECOND = 'deletes/s';
const LOST = 'siblings lost';

const how =
  `Debian's docker-registry 2.8.2, bound to no core. Every measurement has a fresh repository of ${IMAGES} images with
two tags each, and deletes one of the two. ours is the server with STORE=registry, the full path over HTTP. skopeo is
\`skopeo delete\`, one process a tag, which deletes the manifest and the sibling with it. Siblings that cannot be pulled
afterwards are counted, and so are deletes that were answered with an error.`.replaceAll('\n', ' ');

const workOf = (concurrency: number) => `${IMAGES * 2} tags, ${concurrency} at once`;

/** Deletes in a measurement. Few beside the repository's size: a delete takes longer, the more tags are left. */
const deletesOf = (name: string, concurrency: number) => (name === SKOPEO ? 3 : 8) * (concurrency === 1 ? 4 : 16);

export async function registryRow(settings: Settings): Promise<Section> {
  const section = { name: 'registry', title: 'The registry store', how };
  if (!isInstalled('docker-registry')) {
    return { ...section, ratios: [], measurements: [], missing: ['docker-registry: not installed'] };
  }
  const registry = await startDockerRegistry();
  settings.report(`pushing ${IMAGES * 2} tags`);
  await pushTemplate(registry, IMAGES);
  const servers: RealServer[] = [];
  for (const build of settings.builds) {
    const env = { STORE: 'registry', REGISTRY_URL: registry.url, DATA_DIR: temporaryDirectory() };
    servers.push(await startRealServer(build, env));
  }
  const hasSkopeo = isInstalled(SKOPEO) && takesPart(settings, SKOPEO);
  const tasks = CONCURRENCIES.flatMap((concurrency) => [
    ...servers.map((server) => taskOf(server.name, registry, concurrency, deletingBy(server, concurrency))),
    ...(hasSkopeo ? [taskOf(SKOPEO, registry, concurrency, skopeoDelete(registry))] : []),
  ]);
  const measurements = await inRounds(tasks, Math.min(settings.rounds, MAX_ROUNDS), settings.report);
  for (const server of servers) await server.end();
  await registry.end();
  const missing = hasSkopeo ? [] : ['skopeo: not installed, or not requested'];
  const headline = headlineOf(measurements);
  return { ...section, headline, ratios: ratiosOf(measurements), measurements, missing };
}

/** Deletes a tag. @throws if it was not deleted */
type Delete = (tag: string, repository: string) => Promise<void>;

let repositories = 0;

function taskOf(name: string, registry: DockerRegistry, concurrency: number, deleteTag: Delete): Task {
  const deletes = deletesOf(name, concurrency);
  const numbers = Array.from({ length: deletes }, (_, at) => at);
  return {
    contender: name,
    work: workOf(concurrency),
    run: async () => {
      repositories += 1;
      const repository = `app${repositories}`;
      copyTemplate(registry, repository);
      let failed = 0;
      const ms = await atOnce(numbers, concurrency, async (number) => {
        await deleteTag(`v${number}`, repository).catch(() => {
          failed += 1;
        });
      });
      const left = await pullableTags(registry, repository);
      return {
        [DELETES_A_SECOND]: (deletes / ms) * 1000,
        [LOST]: Array.from({ length: IMAGES }, (_, at) => `sibling${at}`).filter((tag) => !left.has(tag)).length,
        'deletes of': deletes,
        'answered as failed': failed,
        'still there': numbers.filter((number) => left.has(`v${number}`)).length,
      };
    },
  };
}

function deletingBy({ url }: RealServer, concurrency: number): Delete {
  const deleter = new Deleter(url, concurrency);
  return (tag, repository) => deleter.mustDelete(tag, repository);
}

function skopeoDelete({ url }: DockerRegistry): Delete {
  const host = new URL(url).host;
  return async (tag, repository) => {
    const image = `docker://${host}/${NAMESPACE}/${repository}:${tag}`;
    // On all cores: bound to one, 16 processes would share the core that the server has for itself.
    await run([SKOPEO, 'delete', '--tls-verify=false', image], { core: undefined, env: { HOME: '/nonexistent' } });
  };
}

function ratiosOf(measurements: readonly Measurement[]): Ratio[] {
  return CONCURRENCIES.flatMap((concurrency): Ratio[] => {
    const work = workOf(concurrency);
    const figure = (name: string, of: string) => medianOf(measurements, name, work, of);
    const [own, other] = [figure(OURS, DELETES_A_SECOND), figure(SKOPEO, DELETES_A_SECOND)];
    const lost = (name: string) => figure(name, LOST) ?? Number.NaN;
    const ourLost: Ratio = { what: `${LOST}, ${work}`, value: lost(OURS), unit: 'lost', atMost: 0 };
    if (own === undefined || other === undefined) return [ourLost];
    const bound = concurrency === 16 ? { atLeast: 14 } : {};
    return [
      { what: `deletes/s ÷ those of skopeo, ${work}`, value: own / other, unit: '×', ...bound },
      ourLost,
      { what: `skopeo's ${LOST}, ${work}`, value: lost(SKOPEO), unit: 'lost' },
    ];
  });
}

function headlineOf(measurements: readonly Measurement[]): Headline {
  const figures = (name: string) => {
    const figure = (of: string) => rounded(medianOf(measurements, name, workOf(16), of));
    return `${figure(DELETES_A_SECOND)}, ${figure(LOST)} siblings lost`;
  };
  return {
    what: `registry store: deletes/s, ${workOf(16)}`,
    asked: '14 × skopeo, no sibling lost',
    ours: figures(OURS),
    bestPeer: `skopeo ${figures(SKOPEO)}`,
    floor: 'not measured',
  };
}
