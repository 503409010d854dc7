// Deletes in real registries, one that deletes by digest and one that deletes by tag: beside other programs, one process a
// tag, and beside the registry's own limit.
import { NAMESPACE } from '../contract.ts';
import { goProgram } from '../fixtures/installed.ts';
import {
  copyTemplate,
  type DirectDelete,
  directlyByDigest,
  directlyByTag,
  distribution,
  pullableTags,
  pushTemplate,
  type Registry,
  type RegistryKind,
  startRegistry,
  zot,
} from '../fixtures/registries.ts';
import { deleteBy, registryClients } from '../fixtures/registry-clients.ts';
import { built } from '../harness/builds.ts';
import { type Serving, serve } from '../harness/contender.ts';
import { isInstalled, temporaryDirectory } from '../harness/processes.ts';
import { Deleter, startRealServer } from '../harness/real-server.ts';
import { atOnce, inRounds, type Settings, type Task, takesPart } from '../harness/rounds.ts';
import type { Measurement, Section } from '../results/results.ts';
import {
  CONCURRENCIES,
  DELETES,
  DELETES_A_SECOND,
  DIRECT,
  DIRECT_READING,
  headlineOf,
  LEFT,
  LOST,
  overviewOf,
  PROXY,
  ratiosOf,
  workOf,
} from './registry-figures.ts';

/** Each has two tags. */
const IMAGES = 512;
const MAX_ROUNDS = 3;

/** A registry that takes part. */
interface Candidate {
  readonly name: string;
  readonly program: string | undefined;
  readonly kind: RegistryKind;
  readonly deletes: 'by-tag' | 'by-digest';
  /**
   * Copies of the repository that each contender but the processes empties before the rounds. In front of a fast registry a server takes a third
   * of the CPU time after 10,000 deletes. In front of a slow one it waits for the registry, cold or warm.
   */
  readonly warmUps: number;
}

const installed = (program: string) => (isInstalled(program) ? program : undefined);

const candidates = (): readonly Candidate[] => [
  {
    name: 'docker-registry 2.8.2',
    program: installed('docker-registry'),
    kind: distribution,
    deletes: 'by-digest',
    warmUps: 2,
  },
  {
    name: 'Distribution 3.1.2',
    program: goProgram('github.com/distribution/distribution/v3/cmd/registry@v3.1.2'),
    kind: distribution,
    deletes: 'by-tag',
    warmUps: 10,
  },
  // No package manager has it: it takes part if it is on PATH.
  { name: 'zot', program: installed('zot'), kind: zot, deletes: 'by-tag', warmUps: 1 },
];

const howOf = (registries: readonly Candidate[]) =>
  `Debian's docker-registry 2.8.2, which deletes by digest, and Distribution 3.1.2 and zot, which delete by tag, bound to no
core. Every measurement has a fresh repository of ${IMAGES} images with two tags each, and deletes one of the two. The first
delete is timed alone: ours tries then, on tags of its own, how the registry deletes, and knows it for five minutes. ours is
the server with STORE=registry, the full path over HTTP. All but the processes are warm: after ${registries
    .map(({ name, warmUps }) => `${warmUps * IMAGES * 2} deletes (${name})`)
    .join(', ')}. direct
is the registry's own limit: the least that deletes a tag and leaves its sibling. By tag that is one DELETE. By digest it is
a PUT of one empty index to all tags that are deleted at once, and the DELETE of its digest. "direct, reading" also reads
each tag before, as a server must that answers 404 for a missing tag and says which digest is gone. "node-http, reading" is
the least that any server on Node does in between: bare node:http that reads the tag and deletes it, and nothing else. The
others are one process a tag: \`skopeo delete\`, \`crane delete\`, \`regctl tag delete\`, \`oras manifest delete\`; they take part
in one round. Siblings that cannot be pulled afterwards are counted, and so are tags that are left.`.replaceAll(
    '\n',
    ' ',
  );

/** Deletes in a measurement. Few beside the repository's size: a delete takes longer, the more tags are left. */
const deletesOf = (isProcess: boolean, concurrency: number) =>
  Math.min((isProcess ? 2 : 16) * (concurrency === 1 ? 6 : concurrency), IMAGES / 2);

export async function registryRow(settings: Settings): Promise<Section> {
  const measurements: Measurement[] = [];
  const missing: string[] = registryClients()
    .filter(({ name, program }) => program === undefined || !takesPart(settings, name))
    .map(({ name }) => `${name}: not there, or not requested`);
  const registries: string[] = [];
  const all = candidates();
  for (const candidate of all) {
    const { name, program } = candidate;
    if (program === undefined) {
      missing.push(`${name}: not there`);
      continue;
    }
    registries.push(name);
    measurements.push(...(await measureIn(candidate, program, settings)));
  }
  return {
    name: 'registry',
    title: 'The registry store',
    how: howOf(all),
    ratios: registries.flatMap((registry) => ratiosOf(measurements, registry)),
    missing,
    ...(registries[0] !== undefined && { headline: headlineOf(measurements, workOf(registries[0], 16)) }),
    overview: overviewOf(measurements, registries),
    measurements,
  };
}

async function measureIn(
  { name, kind, deletes, warmUps }: Candidate,
  program: string,
  settings: Settings,
): Promise<Measurement[]> {
  const registry = await startRegistry(program, kind);
  const directly = deletes === 'by-tag' ? directlyByTag : directlyByDigest;
  settings.report(`${name}: pushing ${IMAGES * 2} tags`);
  await pushTemplate(registry, IMAGES);
  const servers: Serving[] = deletes === 'by-tag' ? [await startProxy(registry)] : [];
  for (const build of settings.builds) {
    const env = { STORE: 'registry', REGISTRY_URL: registry.url, DATA_DIR: temporaryDirectory() };
    servers.push(await startRealServer(build, env));
  }
  const warm: readonly Contender[] = [
    { name: DIRECT, deletingAtOnce: directlyDeleting(directly(registry, false)) },
    { name: DIRECT_READING, deletingAtOnce: directlyDeleting(directly(registry, true)) },
    ...servers.map((server) => ({ name: server.name, deletingAtOnce: deletingBy(server) })),
  ];
  for (const contender of warm) await warmUp(contender, registry, warmUps, settings);
  const host = new URL(registry.url).host;
  const clients = registryClients().filter((one) => one.program !== undefined && takesPart(settings, one.name));
  const tasksOf = (isProcess: boolean, { name: contender, deletingAtOnce }: Contender) =>
    CONCURRENCIES.map((concurrency): Task => {
      const deleteAll = deletingAtOnce(concurrency);
      const work = workOf(name, concurrency);
      return { contender, work, run: () => measureOnce(registry, deletesOf(isProcess, concurrency), deleteAll) };
    });
  const ofWarm = warm.flatMap((contender) => tasksOf(false, contender)).toSorted(byWork);
  const ofClients = clients.flatMap((client) => {
    const imageOf = (tag: string, repository: string) => `${host}/${NAMESPACE}/${repository}:${tag}`;
    const deleteTag = (tag: string, repository: string) => deleteBy(client, host, imageOf(tag, repository));
    return tasksOf(true, { name: client.name, deletingAtOnce: (concurrency) => eachAtOnce(concurrency, deleteTag) });
  });
  const measurements = [
    ...(await inRounds(ofWarm, Math.min(settings.rounds, MAX_ROUNDS), settings.report)),
    ...(await inRounds(ofClients, 1, settings.report)),
  ];
  for (const server of servers) await server.end();
  await registry.end();
  return measurements;
}

/** What is compared is measured one after another. */
const byWork = (one: Task, other: Task) => one.work.localeCompare(other.work);

/** A server that does no more than is needed. */
function startProxy({ url }: Registry): Promise<Serving> {
  const command = () => [process.execPath, built('bench/servers/registry-proxy.js')];
  return serve({ name: PROXY, command, env: { REGISTRY_URL: url } });
}

async function warmUp(
  { name, deletingAtOnce }: Contender,
  registry: Registry,
  copies: number,
  { report }: Settings,
): Promise<void> {
  report(`${name}: warming up`);
  const tags = Array.from({ length: IMAGES }, (_, at) => [`v${at}`, `sibling${at}`]).flat();
  const deleteAll = deletingAtOnce(16);
  for (let copy = 0; copy < copies; copy += 1) await deleteAll(tags, freshRepository(registry));
}

/** Deletes tags of a repository. @returns how many were not deleted */
type DeleteAll = (tags: readonly string[], repository: string) => Promise<number>;

/** What is compared. */
interface Contender {
  readonly name: string;
  deletingAtOnce(concurrency: number): DeleteAll;
}

let repositories = 0;

function freshRepository(registry: Registry): string {
  repositories += 1;
  const repository = `app${repositories}`;
  copyTemplate(registry, repository);
  return repository;
}

async function measureOnce(registry: Registry, deletes: number, deleteAll: DeleteAll): Promise<Record<string, number>> {
  const repository = freshRepository(registry);
  const [first = '', ...tags] = Array.from({ length: deletes + 1 }, (_, at) => `v${at}`);
  const before = performance.now();
  await deleteAll([first], repository);
  const begin = performance.now();
  const failed = await deleteAll(tags, repository);
  const seconds = (performance.now() - begin) / 1000;
  const left = await pullableTags(registry, repository);
  return {
    [DELETES_A_SECOND]: (deletes - failed) / seconds,
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
  ({ url }: Serving) =>
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
