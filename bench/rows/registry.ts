// Deletes in real registries, one that deletes by digest and one that deletes by tag: beside other programs, one process a
// tag, and beside the registry's own limit.
import { NAMESPACE } from '../contract.ts';
import {
  copyTemplate,
  type DirectDelete,
  type Directly,
  type DockerRegistry,
  directlyByDigest,
  directlyByTag,
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
const DIRECT_READING = 'direct, reading';
/** Each has two tags. */
const IMAGES = 512;
const CONCURRENCIES = [1, 16, 64] as const;
const MAX_ROUNDS = 3;
/** Copies of the repository that each server empties before the rounds: a cold one needs four times the CPU time. */
const WARM_UPS = 2;
const DELETES = 'deletes of';
const DELETES_A_SECOND = 'deletes/s';
const LOST = 'siblings lost';
const LEFT = 'still there';
/** Ours, as a share of the registry's own limit, at 16 at once. */
const SHARE = 0.9;

const how =
  `Debian's docker-registry 2.8.2, which deletes by digest, and Distribution 3.1.2, which deletes by tag, bound to no core.
Every measurement has a fresh repository of ${IMAGES} images with two tags each, and deletes one of the two. The first delete
is timed alone: ours tries then, on tags of its own, how the registry deletes, and knows it for five minutes. ours is the
server with STORE=registry, the full path over HTTP, after some ${WARM_UPS * IMAGES * 2} deletes. direct is the registry's own limit: the least
that deletes a tag and leaves its sibling. By tag that is one DELETE. By digest it is a PUT of one empty index to all tags
that are deleted at once, and the DELETE of its digest. "direct, reading" also reads each tag before, as a server must that
answers 404 for a missing tag and says which digest is gone. The others are one process a tag: \`skopeo delete\`,
\`crane delete\`, \`regctl tag delete\`, \`oras manifest delete\`; they take part in one round. Siblings that cannot be pulled
afterwards are counted, and so are tags that are left.`.replaceAll('\n', ' ');

/** A registry that takes part. */
interface Candidate {
  readonly name: string;
  readonly program: string | undefined;
  readonly directly: Directly;
}

const candidates = (): readonly Candidate[] => [
  {
    name: 'docker-registry 2.8.2',
    program: isInstalled('docker-registry') ? 'docker-registry' : undefined,
    directly: directlyByDigest,
  },
  {
    name: 'Distribution 3.1.2',
    program: goProgram('github.com/distribution/distribution/v3/cmd/registry@v3.1.2'),
    directly: directlyByTag,
  },
];

const workOf = (registry: string, concurrency: number) => `${registry}, ${concurrency} at once`;

/** Deletes in a measurement. Few beside the repository's size: a delete takes longer, the more tags are left. */
const deletesOf = (isProcess: boolean, concurrency: number) =>
  Math.min((isProcess ? 2 : 8) * (concurrency === 1 ? 6 : concurrency), IMAGES / 2);

export async function registryRow(settings: Settings): Promise<Section> {
  const measurements: Measurement[] = [];
  const missing: string[] = registryClients()
    .filter(({ name, program }) => program === undefined || !takesPart(settings, name))
    .map(({ name }) => `${name}: not there, or not requested`);
  const registries: string[] = [];
  for (const { name, program, directly } of candidates()) {
    if (program === undefined) {
      missing.push(`${name}: not there`);
      continue;
    }
    registries.push(name);
    measurements.push(...(await measureIn(name, program, directly, settings)));
  }
  return {
    name: 'registry',
    title: 'The registry store',
    how,
    ratios: registries.flatMap((registry) => ratiosOf(measurements, registry)),
    missing,
    ...(registries[0] !== undefined && { headline: headlineOf(measurements, workOf(registries[0], 16)) }),
    overview: overviewOf(measurements, registries),
    measurements,
  };
}

async function measureIn(
  name: string,
  program: string,
  directly: Directly,
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
  for (const server of servers) await warmUp(server, registry, settings);
  const host = new URL(registry.url).host;
  const clients = registryClients().filter((one) => one.program !== undefined && takesPart(settings, one.name));
  const tasksOf = (isProcess: boolean, contender: string, deletingAtOnce: (concurrency: number) => DeleteAll) =>
    CONCURRENCIES.map((concurrency): Task => {
      const deleteAll = deletingAtOnce(concurrency);
      const work = workOf(name, concurrency);
      return { contender, work, run: () => measureOnce(registry, deletesOf(isProcess, concurrency), deleteAll) };
    });
  const ofServers = [
    ...tasksOf(false, DIRECT, directlyDeleting(directly(registry, false))),
    ...tasksOf(false, DIRECT_READING, directlyDeleting(directly(registry, true))),
    ...servers.flatMap((server) => tasksOf(false, server.name, deletingBy(server))),
  ].toSorted(byWork);
  const ofClients = clients.flatMap((client) =>
    tasksOf(true, client.name, (concurrency) =>
      eachAtOnce(concurrency, (tag, repository) => deleteBy(client, host, `${host}/${NAMESPACE}/${repository}:${tag}`)),
    ),
  );
  const measurements = [
    ...(await inRounds(ofServers, Math.min(settings.rounds, MAX_ROUNDS), settings.report)),
    ...(await inRounds(ofClients, 1, settings.report)),
  ];
  for (const server of servers) await server.end();
  await registry.end();
  return measurements;
}

/** What is compared is measured one after another. */
const byWork = (one: Task, other: Task) => one.work.localeCompare(other.work);

async function warmUp(server: RealServer, registry: DockerRegistry, { report }: Settings): Promise<void> {
  report(`${server.name}: warming up`);
  const tags = Array.from({ length: IMAGES }, (_, at) => [`v${at}`, `sibling${at}`]).flat();
  for (let copy = 0; copy < WARM_UPS; copy += 1) await deletingBy(server)(16)(tags, freshRepository(registry));
}

/** Deletes tags of a repository. @returns how many were not deleted */
type DeleteAll = (tags: readonly string[], repository: string) => Promise<number>;

let repositories = 0;

function freshRepository(registry: DockerRegistry): string {
  repositories += 1;
  const repository = `app${repositories}`;
  copyTemplate(registry, repository);
  return repository;
}

async function measureOnce(
  registry: DockerRegistry,
  deletes: number,
  deleteAll: DeleteAll,
): Promise<Record<string, number>> {
  const repository = freshRepository(registry);
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
    [DELETES]: deletes,
    'answered as failed': failed,
    [LEFT]: tags.filter((tag) => left.has(tag)).length,
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

const deletingBy =
  ({ url }: RealServer) =>
  (concurrency: number): DeleteAll => {
    const deleter = new Deleter(url, concurrency);
    return eachAtOnce(concurrency, (tag, repository) => deleter.mustDelete(tag, repository));
  };

const directlyDeleting =
  (directDelete: DirectDelete) =>
  (concurrency: number): DeleteAll =>
  async (tags, repository) => {
    await directDelete(repository, tags, concurrency);
    return 0;
  };

function ratiosOf(measurements: readonly Measurement[], registry: string): Ratio[] {
  const share = (of: string, concurrency: number) => {
    const [own, limit] = [OURS, of].map((name) =>
      medianOf(measurements, name, workOf(registry, concurrency), DELETES_A_SECOND),
    );
    return (own ?? Number.NaN) / (limit ?? Number.NaN);
  };
  const shares = [DIRECT, DIRECT_READING].flatMap((limit) =>
    CONCURRENCIES.map(
      (concurrency): Ratio => ({
        what: `deletes/s ÷ those of ${limit}, ${workOf(registry, concurrency)}`,
        value: share(limit, concurrency),
        unit: '×',
        ...(concurrency === 16 && { atLeast: SHARE }),
      }),
    ),
  );
  const ofSkopeo: Ratio = {
    what: `deletes/s ÷ those of skopeo, ${workOf(registry, 16)}`,
    value: share('skopeo', 16),
    unit: '×',
    // It deletes by digest, and asks more of a registry that deletes by tag.
    ...(registry.startsWith('docker-registry') && { atLeast: 14 }),
  };
  return [
    { what: `${LOST}, ${registry}`, value: total(measurements, registry, OURS, LOST), unit: 'lost', atMost: 0 },
    ...shares,
    ...(Number.isNaN(ofSkopeo.value) ? [] : [ofSkopeo]),
  ];
}

/** A figure summed over all numbers at once. */
function total(measurements: readonly Measurement[], registry: string, contender: string, figure: string): number {
  const figures = CONCURRENCIES.map((concurrency) =>
    medianOf(measurements, contender, workOf(registry, concurrency), figure),
  );
  return figures.reduce<number>((sum, one) => sum + (one ?? Number.NaN), 0);
}

/** One line for each program in each registry. */
function overviewOf(measurements: readonly Measurement[], registries: readonly string[]): string[][] {
  const atOnceHeads = CONCURRENCIES.map((concurrency) => `deletes/s, ${concurrency} at once`);
  const head = ['registry', 'program', ...atOnceHeads, LOST, 'tags left over', 'of deletes'];
  const contenders = [...new Set(measurements.map(({ contender }) => contender))];
  const lines = registries.flatMap((registry) =>
    contenders.map((contender) => [
      registry,
      contender,
      ...CONCURRENCIES.map((concurrency) =>
        rounded(medianOf(measurements, contender, workOf(registry, concurrency), DELETES_A_SECOND)),
      ),
      ...[LOST, LEFT, DELETES].map((figure) => rounded(total(measurements, registry, contender, figure))),
    ]),
  );
  return [head, ...lines];
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
