// Deletes in a real registry that knows no delete of a tag, beside a process of skopeo for each tag.
import { atOnce } from '../at-once.ts';
import {
  copyTemplate,
  type DockerRegistry,
  pullableTags,
  pushTemplate,
  startDockerRegistry,
} from '../docker-registry.ts';
import { isInstalled, run, temporaryDirectory } from '../processes.ts';
import { Deleter, type RealServer, startRealServer } from '../real-server.ts';
import { medianOf, type Ratio, type Section } from '../results.ts';
import { inRounds, type Task } from '../rounds.ts';
import { type Settings, takesPart } from '../row.ts';
import { NAMESPACE } from '../servers/contract.ts';

const OURS = 'ours';
const SKOPEO = 'skopeo';
/** Each has two tags. */
const IMAGES = 500;
const DELETES_A_SECOND = 'deletes/s';
const LOST = 'siblings lost';
const CONCURRENCIES = [1, 16];
const MAX_ROUNDS = 3;

/** So many tags are deleted in a measurement, in a repository of its own: a delete takes longer the more tags are left. */
const deletesOf = (name: string, concurrency: number) => (name === OURS ? 8 : 3) * (concurrency === 1 ? 4 : 16);

const workOf = (concurrency: number) => `${IMAGES * 2} tags, ${concurrency} at once`;

export async function registryRow(settings: Settings): Promise<Section> {
  const section = { name: 'registry', title: 'The registry store', how };
  if (!isInstalled('docker-registry')) {
    return { ...section, ratios: [], measurements: [], missing: ['docker-registry: not installed'] };
  }
  const registry = await startDockerRegistry();
  settings.report(`pushing ${IMAGES * 2} tags`);
  await pushTemplate(registry, IMAGES);
  const server = await startRealServer({
    ...{ STORE: 'registry', REGISTRY_URL: registry.url, DATA_DIR: temporaryDirectory() },
  });
  const hasSkopeo = isInstalled(SKOPEO) && takesPart(settings, SKOPEO);
  const tasks = CONCURRENCIES.flatMap((concurrency) => [
    taskOf(OURS, registry, concurrency, deletingBy(server, concurrency)),
    ...(hasSkopeo ? [taskOf(SKOPEO, registry, concurrency, skopeoDelete(registry))] : []),
  ]);
  const measurements = await inRounds(tasks, Math.min(settings.rounds, MAX_ROUNDS), settings.report);
  await server.end();
  await registry.end();
  const ratios = CONCURRENCIES.flatMap((concurrency): Ratio[] => {
    const figure = (name: string, of: string) => medianOf(measurements, name, workOf(concurrency), of);
    const [own, other] = [figure(OURS, DELETES_A_SECOND), figure(SKOPEO, DELETES_A_SECOND)];
    const lost: Ratio = {
      what: `${LOST}, ${workOf(concurrency)}`,
      value: figure(OURS, LOST) ?? Number.NaN,
      unit: 'lost',
      atMost: 0,
    };
    if (own === undefined || other === undefined) return [lost];
    const bound = concurrency === 16 ? { atLeast: 14 } : {};
    return [
      { what: `deletes/s ÷ those of skopeo, ${workOf(concurrency)}`, value: own / other, unit: '×', ...bound },
      lost,
      { what: `skopeo's ${LOST}, ${workOf(concurrency)}`, value: figure(SKOPEO, LOST) ?? Number.NaN, unit: 'lost' },
    ];
  });
  return { ...section, ratios, measurements, missing: hasSkopeo ? [] : ['skopeo: not installed, or not asked for'] };
}

const how = `Debian's docker-registry 2.8.2, bound to no core; every measurement has a fresh repository of ${IMAGES}
images with two tags each, one of which is deleted. ours is the server with STORE=registry, the whole way over HTTP;
skopeo is \`skopeo delete\`, a process a tag, which deletes the manifest and with it the sibling. Siblings that cannot be
pulled afterwards are counted; deletes that were answered as failed too.`.replaceAll('\n', ' ');

/** Deletes a tag. @throws where it was not deleted */
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
    // On all cores: so many processes would share one that the server has for itself.
    await run([SKOPEO, 'delete', '--tls-verify=false', image], { core: undefined, env: { HOME: '/nonexistent' } });
  };
}
