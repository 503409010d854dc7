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
 * Seconds until V8 has compiled everything; ours and prism take longest. Repeated before each load: a server that waits
 * for its next round loses its compiled code, and takes seconds to be as fast again.
 */
const WARM_UP_SECONDS = 3;
const REQUESTS = 'requests/s';

const how =
  `${CONNECTIONS} kept connections, ${TAGS} tags in turn, load by ${generator}. Every log goes to a file. ours has
everything on: authentication, validation of request and reply by the contract, production log, metrics. Only its store
keeps nothing. express and node-http have no authentication, no validation and no log. fastify checks the same token and
a schema of the parameters, without a log; fastify-log adds its own log. openapi-backend routes, validates requests and
checks the token, without a log or validation of replies. prism is \`prism mock\` as its users start it.`.replaceAll(
    '\n',
    ' ',
  );

const production = { NODE_ENV: 'production' };
const node = (file: string) => () => [process.execPath, built(`bench/servers/${file}.js`)];

/** `atLeast` is the target: our requests/s ÷ the peer's. */
const peers: readonly (Contender & { readonly atLeast?: number })[] = [
  { name: 'node-http', command: node('node-http'), env: production },
  { name: 'fastify', command: node('fastify'), env: production, atLeast: 0.33 },
  { name: 'fastify-log', command: node('fastify'), env: { ...production, LOG: 'on' } },
  { name: 'express', command: node('express'), env: production, atLeast: 1.3 },
  { name: 'openapi-backend', command: node('openapi-backend'), env: production, atLeast: 2.5 },
  {
    name: 'prism',
    // Without NODE_ENV, like `npx prism mock`: under production Prism logs from a second process.
    command: (port) => [
      ...[process.execPath, programOf('@stoplight/prism-cli'), 'mock', `${projectRoot}/openapi/openapi.yaml`],
      ...['--port', String(port)],
    ],
    atLeast: 6,
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
    run: async () => {
      const options = { connections: CONNECTIONS, seconds, status: work.status };
      await measure(server, workFor(server.name, work), { ...options, seconds: WARM_UP_SECONDS });
      const { perSecond, cpuMicros, p99Ms } = await measure(server, workFor(server.name, work), options);
      return { [REQUESTS]: perSecond, 'CPU µs a request': cpuMicros, 'p99 ms': p99Ms };
    },
  };
}

function ratiosOf(measurements: readonly Measurement[]): Ratio[] {
  return works.flatMap(({ status }) =>
    peers.flatMap(({ name, atLeast }): Ratio[] => {
      const own = medianOf(measurements, OURS, String(status), REQUESTS);
      const other = medianOf(measurements, name, String(status), REQUESTS);
      if (own === undefined || other === undefined) return [];
      const what = `requests/s ÷ those of ${name}, ${status}`;
      return [{ what, value: own / other, unit: '×', ...(atLeast !== undefined && { atLeast }) }];
    }),
  );
}

function headlineOf(measurements: readonly Measurement[]): Headline {
  const rate = (name: string) => rounded(medianOf(measurements, name, '204', REQUESTS));
  return {
    what: `server: requests/s, 204, ${CONNECTIONS} connections`,
    asked: peers.flatMap(({ name, atLeast }) => (atLeast === undefined ? [] : [`${atLeast} × ${name}`])).join(', '),
    ours: rate(OURS),
    bestPeer: `fastify ${rate('fastify')}, fastify-log ${rate('fastify-log')}`,
    floor: `node-http ${rate('node-http')}`,
  };
}
