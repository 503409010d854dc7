// Deletes in real registries, one that deletes by digest and one that deletes by tag: beside other programs, one process a
// tag, and beside the registry's own limit.
import { NAMESPACE } from '../contract.ts';
import {
  callByDigest,
  callByTag,
  copyTemplate,
  type DirectCaller,
  type DockerRegistry,
  pullableTags,
  pushTemplate,
  startDockerRegistry,
} from '../fixtures/docker-registry.ts';
import { goProgram } from '../fixtures/installed.ts';
import { deleteBy, registryClients } from '../fixtures/registry-clients.ts';
import { OURS } from '../harness/builds.ts';
import { isInstalled, temporaryDirectory } from '../harness/processes.ts';
import { Deleter, type RealServer, startRealServer } from '../harness/real-server.ts';
import { atOnce, inRounds, type Settings, type Task, takesPart } from '../harness/rounds.ts';
import { rounded } from '../results/print.ts';
import { type Headline, type Measurement, medianOf, type Ratio, type Section } from '../results/results.ts';

const DIRECT = 'direct';
/** Each has two tags. */
const IMAGES = 500;
const CONCURRENCIES = [1, 16, 64];
const MAX_ROUNDS = 3;
const DELETES_A_SECOND = 'deletes/s';
const LOST = 'siblings lost';
/** Ours, as a share of the registry's own limit, at 16 at once. */
const SHARE = 0.9;

const how =
  `Debian's docker-registry 2.8.2, which deletes by digest, and Distribution 3.1.2, which deletes by tag, bound to no core.
Every measurement has a fresh repository of ${IMAGES} images with two tags each, and deletes one of the two. The first delete is timed alone: ours tries then, on tags of its own, how the
registry deletes, and knows it for five minutes. ours is the
server with STORE=registry, the full path over HTTP. direct is the registry's own limit: the least that deletes a tag and
leaves its sibling, without a look at anything. By tag that is one DELETE. By digest it is a PUT of one empty index to
all tags that are deleted at once, and the DELETE of its digest. The others are one process a tag: \`skopeo delete\`,
\`crane delete\`, \`regctl tag delete\`, \`oras manifest delete\`. Siblings that cannot be pulled afterwards are counted, and so
are deletes that were answered with an error and tags that are left.`.replaceAll('\n', ' ');

/** A registry that takes part. */
interface Candidate {
  readonly name: string;
  readonly program: string | undefined;
  readonly call: (registry: DockerRegistry) => DirectCaller;
}

const candidates = (): readonly Candidate[] => [
  {
    name: 'docker-registry 2.8.2',
    program: isInstalled('docker-registry') ? 'docker-registry' : undefined,
    call: callByDigest,
  },
  {
    name: 'Distribution 3.1.2',
    program: goProgram('github.com/distribution/distribution/v3/cmd/registry@v3.1.2'),
    call: callByTag,
  },
];

const workOf = (registry: string, concurrency: number) => `${registry}, ${concurrency} at once`;

/** Deletes in a measurement. Few beside the repository's size: a delete takes longer, the more tags are left. */
const deletesOf = (isProcess: boolean, concurrency: number) =>
  Math.min((isProcess ? 3 : 8) * (concurrency === 1 ? 4 : concurrency), IMAGES / 2);

export async function registryRow(settings: Settings): Promise<Section> {
  const measurements: Measurement[] = [];
  const missing: string[] = registryClients()
    .filter(({ name, program }) => program === undefined || !takesPart(settings, name))
    .map(({ name }) => `${name}: not there, or not requested`);
  for (const candidate of candidates()) {
    if (candidate.program === undefined) missing.push(`${candidate.name}: not there`);
    else measurements.push(...(await measureIn(candidate.name, candidate.program, candidate.call, settings)));
  }
  const section = { name: 'registry', title: 'The registry store', how, ratios: ratiosOf(measurements), missing };
  const headline = headlineOf(measurements, workOf('docker-registry 2.8.2', 16));
  return { ...section, ...(measurements.length > 0 && { headline }), measurements };
}

async function measureIn(
  name: string,
  program: string,
  call: Candidate['call'],
  settings: Settings,
): Promise<Measurement[]> {
  const registry = await startDockerRegistry(program);
  settings.report(`${name}: pushing ${IMAGES * 2} tags`);
  await pushTemplate(registry, IMAGES);
  const servers: RealServer[] = [];
  for (const build of settings.builds) {
    const env = { STORE: 'registry', REGISTRY_URL: registry.url, DATA_DIR: temporaryDirectory() };
    servers.push(await startRealServer(build, env));
  }
  const host = new URL(registry.url).host;
  const clients = registryClients().filter((one) => one.program !== undefined && takesPart(settings, one.name));
  const tasks = CONCURRENCIES.flatMap((concurrency) => {
    const task = (contender: string, isProcess: boolean, deleteAll: DeleteAll): Task => ({
      contender,
      work: workOf(name, concurrency),
      run: () => measureOnce(registry, deletesOf(isProcess, concurrency), deleteAll),
    });
    return [
      task(DIRECT, false, directly(call(registry), concurrency)),
      ...servers.map((server) => task(server.name, false, deletingBy(server, concurrency))),
      ...clients.map((client) =>
        task(
          client.name,
          true,
          eachAtOnce(concurrency, (tag, repository) =>
            deleteBy(client, host, `${host}/${NAMESPACE}/${repository}:${tag}`),
          ),
        ),
      ),
    ];
  });
  const measurements = await inRounds(tasks, Math.min(settings.rounds, MAX_ROUNDS), settings.report);
  for (const server of servers) await server.end();
  await registry.end();
  return measurements;
}

/** Deletes tags of a repository. @returns how many were not deleted */
type DeleteAll = (tags: readonly string[], repository: string) => Promise<number>;

let repositories = 0;

async function measureOnce(
  registry: DockerRegistry,
  deletes: number,
  deleteAll: DeleteAll,
): Promise<Record<string, number>> {
  repositories += 1;
  const repository = `app${repositories}`;
  copyTemplate(registry, repository);
  const [first = '', ...tags] = Array.from({ length: deletes + 1 }, (_, at) => `v${at}`);
  const before = performance.now();
  await deleteAll([first], repository);
  const begin = performance.now();
  const failed = await deleteAll(tags, repository);
  const seconds = (performance.now() - begin) / 1000;
  const left = await pullableTags(registry, repository);
  return {
    [DELETES_A_SECOND]: deletes / seconds,
    'ms, the first': begin - before,
    [LOST]: Array.from({ length: IMAGES }, (_, at) => `sibling${at}`).filter((tag) => !left.has(tag)).length,
    'deletes of': deletes,
    'answered as failed': failed,
    'still there': tags.filter((tag) => left.has(tag)).length,
  };
}

function eachAtOnce(concurrency: number, deleteTag: (tag: string, repository: string) => Promise<void>): DeleteAll {
  return async (tags, repository) => {
    let failed = 0;
    await atOnce(tags, concurrency, async (tag) => {
      await deleteTag(tag, repository).catch(() => {
        failed += 1;
      });
    });
    return failed;
  };
}

function deletingBy({ url }: RealServer, concurrency: number): DeleteAll {
  const deleter = new Deleter(url, concurrency);
  return eachAtOnce(concurrency, (tag, repository) => deleter.mustDelete(tag, repository));
}

function directly({ deleteTags }: DirectCaller, concurrency: number): DeleteAll {
  return async (tags, repository) => {
    for (let at = 0; at < tags.length; at += concurrency) {
      await deleteTags(repository, tags.slice(at, at + concurrency));
    }
    return 0;
  };
}

function ratiosOf(measurements: readonly Measurement[]): Ratio[] {
  const works = [...new Set(measurements.map(({ work }) => work))];
  return works.flatMap((work): Ratio[] => {
    const figure = (name: string, of: string) => medianOf(measurements, name, work, of) ?? Number.NaN;
    const others = measurements.filter((one) => one.work === work && one.contender !== OURS);
    const own = figure(OURS, DELETES_A_SECOND);
    const bounds = (name: string) => {
      if (!work.endsWith(', 16 at once')) return {};
      if (name === DIRECT) return { atLeast: SHARE };
      return name === 'skopeo' && work.startsWith('docker-registry') ? { atLeast: 14 } : {};
    };
    return [
      { what: `${LOST}, ${work}`, value: figure(OURS, LOST), unit: 'lost', atMost: 0 },
      ...others.map(
        ({ contender }): Ratio => ({
          what: `deletes/s ÷ those of ${contender}, ${work}`,
          value: own / figure(contender, DELETES_A_SECOND),
          unit: '×',
          ...bounds(contender),
        }),
      ),
    ];
  });
}

function headlineOf(measurements: readonly Measurement[], work: string): Headline {
  const figures = (name: string) => {
    const figure = (of: string) => rounded(medianOf(measurements, name, work, of));
    return `${figure(DELETES_A_SECOND)}, ${figure(LOST)} siblings lost`;
  };
  return {
    what: `registry store: deletes/s, ${work}`,
    asked: `14 × skopeo, ${SHARE} of the registry's own limit, no sibling lost`,
    ours: figures(OURS),
    bestPeer: `skopeo ${figures('skopeo')}`,
    floor: figures(DIRECT),
  };
}
