// The full path of a request through the server, beside servers that do less or the same.
import { ABSENT, pathOf, TOKEN, TOKEN_HEADER } from '../contract.ts';
import { type Build, built, builtIn, OURS, programOf, projectRoot } from '../harness/builds.ts';
import { type Contender, checkAnswer, measure, type Serving, serve } from '../harness/contender.ts';
import { generator, type Work } from '../harness/load.ts';
import { PRODUCTION_FLAGS } from '../harness/real-server.ts';
import { inRounds, type Settings, type Task, takesPart } from '../harness/rounds.ts';
import { rounded } from '../results/print.ts';
import { type Headline, type Measurement, medianOf, type Ratio, type Section } from '../results/results.ts';

const CONNECTIONS = 32;
const TAGS = 1_000;
/**
 * Seconds until V8 has compiled everything, before a server's first load of a kind. Its threads compile on the server's
 * core meanwhile: the p99 of the first second is 20 to 80 ms, that of the sixth 2 to 10.
 */
const FIRST_WARM_UP_SECONDS = 5;
/** Seconds before each later load: a server that waits for its next round loses some of its compiled code. */
const WARM_UP_SECONDS = 1;
const REQUESTS = 'requests/s';
const P99 = 'p99 ms';
const CPU = 'CPU µs a request';

const how =
  `${CONNECTIONS} kept connections, ${TAGS} tags in turn, load by ${generator}, after ${FIRST_WARM_UP_SECONDS} s of the same load that do not count (${WARM_UP_SECONDS} s in
later rounds). Every log goes to a file. ours has
everything on: authentication, validation of request and reply by the contract, production log, metrics. Only its store
keeps nothing. The stacks are what a team would run instead, each set up as its documentation shows. express-stack: Express
5, express-openapi-validator for requests and responses, pino-http, helmet, prom-client, the same token check.
openapi-backend-stack: the same with openapi-backend. fastify-stack: Fastify 5, a schema of parameters and responses, its
log, prom-client, the same token check. prism is \`prism mock\` as its users start it. express, fastify and node-http are
floors: one route, nothing else.`.replaceAll('\n', ' ');

const production = { NODE_ENV: 'production' };
const node = (file: string) => () => [process.execPath, built(`bench/servers/${file}.js`)];

/** What is compared, by status: the peer's figure ÷ ours. CPU time, because on a core that is busy it is 1 ÷ requests/s, and
 * other work on the machine hardly changes it. */
interface Target {
  readonly peer: string;
  readonly status: number;
  readonly figure: typeof CPU | typeof P99;
  readonly atLeast: number;
}

const targets: readonly Target[] = [
  ...[204, 404].flatMap((status): Target[] => [
    { peer: 'express-stack', status, figure: CPU, atLeast: 2.5 },
    { peer: 'fastify-stack', status, figure: CPU, atLeast: 1 },
    { peer: 'fastify-stack', status, figure: P99, atLeast: 1 },
  ]),
  { peer: 'express', status: 404, figure: CPU, atLeast: 0.5 },
];

const peers: readonly Contender[] = [
  ...['express-stack', 'fastify-stack', 'openapi-backend-stack', 'express', 'fastify', 'node-http'].map((name) => ({
    name,
    command: node(name),
    env: production,
  })),
  {
    name: 'prism',
    // Without NODE_ENV, like `npx prism mock`: under production Prism logs from a second process.
    command: (port) => [
      ...[process.execPath, programOf('@stoplight/prism-cli'), 'mock', `${projectRoot}/openapi/openapi.yaml`],
      ...['--port', String(port)],
    ],
  },
];

const oursIn = (build: Build): Contender => ({
  name: build.name,
  command: () => [process.execPath, ...PRODUCTION_FLAGS, builtIn(build, 'bench/servers/ours.js')],
  env: production,
});

interface AnsweredWork extends Work {
  readonly status: number;
}

const headers = { [TOKEN_HEADER]: TOKEN };
const numbered = { method: 'DELETE', firstNumber: 1, numbers: TAGS };
const works: readonly AnsweredWork[] = [
  { ...numbered, status: 204, path: pathOf('v@'), headers },
  { ...numbered, status: 404, path: pathOf(`${ABSENT}-@`), headers },
];

export async function serverRow(settings: Settings): Promise<Section> {
  const missing: string[] = [];
  const serving: Serving[] = [];
  for (const build of settings.builds) serving.push(await started(oursIn(build), settings));
  for (const peer of peers.filter(({ name }) => takesPart(settings, name))) {
    try {
      serving.push(await started(peer, settings));
    } catch (error) {
      missing.push(`${peer.name}: ${(error as Error).message}`);
    }
  }
  const tasks = works.flatMap((work) => serving.map((server) => taskOf(server, work, settings)));
  const measurements = await inRounds(tasks, settings.rounds, settings.report);
  await Promise.all(serving.map((server) => server.end()));
  const ratios = ratiosOf(measurements);
  const headline = headlineOf(measurements);
  return { name: 'server', title: 'The full server path', how, headline, ratios, measurements, missing };
}

/** Starts a server and checks its answers. @throws if one is wrong */
async function started(contender: Contender, { report }: Settings): Promise<Serving> {
  report(`starting ${contender.name}`);
  const server = await serve(contender);
  for (const work of works) await checkAnswer(server, workFor(contender.name, work), work.status);
  return server;
}

/** Prism has no state: the request tells it to answer 404. */
function workFor(name: string, work: AnsweredWork): Work {
  if (name !== 'prism' || work.status === 204) return work;
  return { ...work, headers: { ...headers, Prefer: 'code=404, example=tag-not-found' } };
}

function taskOf(server: Serving, work: AnsweredWork, { seconds }: Settings): Task {
  return {
    contender: server.name,
    work: String(work.status),
    run: async (round) => {
      const options = { connections: CONNECTIONS, seconds, status: work.status };
      const warmUp = round === 0 ? FIRST_WARM_UP_SECONDS : WARM_UP_SECONDS;
      await measure(server, workFor(server.name, work), { ...options, seconds: warmUp });
      const { perSecond, cpuMicros, p99Ms } = await measure(server, workFor(server.name, work), options);
      return { [REQUESTS]: perSecond, [CPU]: cpuMicros, [P99]: p99Ms };
    },
  };
}

function ratiosOf(measurements: readonly Measurement[]): Ratio[] {
  return targets.flatMap(({ peer, status, figure, atLeast }): Ratio[] => {
    const own = medianOf(measurements, OURS, String(status), figure);
    const other = medianOf(measurements, peer, String(status), figure);
    if (own === undefined || other === undefined) return [];
    return [{ what: `${figure} of ${peer} ÷ ours, ${status}`, value: other / own, unit: '×', atLeast }];
  });
}

function headlineOf(measurements: readonly Measurement[]): Headline {
  const rates = (name: string) =>
    works.map(({ status }) => rounded(medianOf(measurements, name, String(status), CPU))).join(' and ');
  return {
    what: `server: ${CPU}, 204 and 404, ${CONNECTIONS} connections`,
    asked: 'express-stack ÷ 2.5, fastify-stack ÷ 1',
    ours: rates(OURS),
    bestPeer: `fastify-stack ${rates('fastify-stack')}; express-stack ${rates('express-stack')}`,
    floor: `node-http ${rates('node-http')}; express ${rates('express')}`,
  };
}
