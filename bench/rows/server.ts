// The whole way of a request through the server, beside servers that do less or the same.
import { type Contender, checkAnswer, measure, type Serving, serve } from '../contender.ts';
import { generator, type Work } from '../load/load.ts';
import { PRODUCTION_FLAGS } from '../real-server.ts';
import { medianOf, type Ratio, type Section } from '../results.ts';
import { built, programOf, projectRoot } from '../root.ts';
import { inRounds, type Task } from '../rounds.ts';
import { type Settings, takesPart } from '../row.ts';
import { ABSENT, pathOf, TOKEN, TOKEN_HEADER } from '../servers/contract.ts';

const OURS = 'ours';
const CONNECTIONS = 32;
const TAGS = 1_000;
/**
 * Until the compiler has seen it all: ours and prism take longest. Before each load anew: a server that waits for its next
 * round loses its compiled code, and takes seconds to be as fast as before.
 */
const WARM_UP_SECONDS = 3;

const node = (file: string) => () => [process.execPath, built(`bench/servers/${file}.js`)];
const production = { NODE_ENV: 'production' };

/** By name; how fast ours has to be beside a peer. */
const peers: readonly (Contender & { readonly atLeast?: number })[] = [
  { name: 'node-http', command: node('node-http'), env: production },
  { name: 'fastify', command: node('fastify'), env: production, atLeast: 0.33 },
  { name: 'fastify-log', command: node('fastify'), env: { ...production, LOG: 'on' } },
  { name: 'express', command: node('express'), env: production, atLeast: 1.3 },
  { name: 'openapi-backend', command: node('openapi-backend'), env: production, atLeast: 2.5 },
  {
    name: 'prism',
    // Without NODE_ENV, as `npx prism mock` runs: under production it gives its log a process of its own.
    command: (port) => [
      process.execPath,
      programOf('@stoplight/prism-cli'),
      'mock',
      `${projectRoot}/openapi/openapi.yaml`,
      '--port',
      String(port),
    ],
    atLeast: 6,
  },
];

const ours: Contender = {
  name: OURS,
  command: () => [process.execPath, ...PRODUCTION_FLAGS, built('bench/servers/ours.js')],
  env: production,
};

const headers = { [TOKEN_HEADER]: TOKEN };
const numbered = { method: 'DELETE', firstNumber: 1, numbers: TAGS };
const works: readonly (Work & { readonly status: number })[] = [
  { ...numbered, status: 204, path: pathOf('v@'), headers },
  { ...numbered, status: 404, path: pathOf(`${ABSENT}-@`), headers },
];

/** Prism has no state: it is told what to answer. */
function workFor(name: string, work: Work & { readonly status: number }): Work {
  if (name !== 'prism' || work.status === 204) return work;
  return { ...work, headers: { ...headers, Prefer: 'code=404, example=tag-not-found' } };
}

export async function serverRow(settings: Settings): Promise<Section> {
  const missing: string[] = [];
  const serving: Serving[] = [];
  for (const contender of [ours, ...peers.filter(({ name }) => takesPart(settings, name))]) {
    try {
      serving.push(await started(contender, settings));
    } catch (error) {
      if (contender === ours) throw error;
      missing.push(`${contender.name}: ${(error as Error).message}`);
    }
  }
  const tasks = works.flatMap((work) => serving.map((server) => taskOf(server, work, settings)));
  const measurements = await inRounds(tasks, settings.rounds, settings.report);
  await Promise.all(serving.map((server) => server.end()));
  const ratios = works.flatMap(({ status }) =>
    peers.flatMap(({ name, atLeast }): Ratio[] => {
      const own = medianOf(measurements, OURS, String(status), REQUESTS);
      const other = medianOf(measurements, name, String(status), REQUESTS);
      if (own === undefined || other === undefined) return [];
      const bound = atLeast === undefined ? {} : { atLeast };
      return [{ what: `requests/s ÷ those of ${name}, ${status}`, value: own / other, unit: '×', ...bound }];
    }),
  );
  return { name: 'server', title: 'The full server path', how, ratios, measurements, missing };
}

const REQUESTS = 'requests/s';

const how = `${CONNECTIONS} kept connections, ${TAGS} tags in turn, load by ${generator}. Ours with everything on:
authentication, validation of request and reply by the contract, its log as in production, metrics; only the store keeps
nothing. express and node-http neither authenticate nor validate nor log; fastify checks the same token and a schema of
the parameters, without a log, and fastify-log with its own; openapi-backend routes, validates requests and checks the
token, without a log, and does not look at replies; prism is \`prism mock\` as its users start it. Every log goes to a
file.`.replaceAll('\n', ' ');

/** Started, and known to answer rightly. */
async function started(contender: Contender, { report }: Settings): Promise<Serving> {
  report(`starting ${contender.name}`);
  const server = await serve(contender);
  for (const work of works) {
    await checkAnswer(server, workFor(contender.name, work), work.status);
  }
  return server;
}

function taskOf(server: Serving, work: Work & { readonly status: number }, { seconds }: Settings): Task {
  return {
    contender: server.name,
    work: String(work.status),
    run: async () => {
      const options = { connections: CONNECTIONS, seconds, status: work.status };
      await measure(server, workFor(server.name, work), { ...options, seconds: WARM_UP_SECONDS });
      const { perSecond, cpuMicros, p99Ms } = await measure(server, workFor(server.name, work), options);
      return { [REQUESTS]: perSecond, 'CPU µs a request': cpuMicros, 'p99 ms': p99Ms };
    },
  };
}
