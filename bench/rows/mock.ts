// The mock beside Prism, which it is built on.
import { pathOf, TOKEN, TOKEN_HEADER } from '../contract.ts';
import { commandIn, OURS, programOf, projectRoot } from '../harness/builds.ts';
import { type Contender, checkAnswer, measure, type Serving, serve } from '../harness/contender.ts';
import { generator, type Work } from '../harness/load.ts';
import { inRounds, type Settings, type Task, takesPart } from '../harness/rounds.ts';
import { rounded } from '../results/print.ts';
import { type Headline, type Measurement, medianOf, type Ratio, type Section } from '../results/results.ts';

const PRISM = 'prism';
const CONNECTIONS = [16];
const WARM_UP_SECONDS = 2;
/** Each request deletes another tag: a second delete of the same tag is answered 404. */
const TAGS = 200_000;
/** Max seconds of a load. In a longer one the tags would repeat: up to 50,000 requests a second do not reach the last. */
const MAX_SECONDS = 4;
const START = 'start to first answer, ms';
const REQUESTS = 'requests/s';

const how =
  `\`npm run mock\` beside stock \`prism mock\` on the same contract. Both log to a file, and neither is started by npm
or npx. Every request deletes another tag and is answered 204. Load by ${generator}.`.replaceAll('\n', ' ');

const prism: Contender = {
  name: PRISM,
  command: (port) => [
    ...[process.execPath, programOf('@stoplight/prism-cli'), 'mock', `${projectRoot}/openapi/openapi.yaml`],
    ...['--port', String(port)],
  ],
};

const workOf = (connections: number) => `${connections} connections`;

export async function mockRow(settings: Settings): Promise<Section> {
  const { rounds, builds, report } = settings;
  const ours = builds.map(
    (build): Contender => ({
      name: build.name,
      command: (port) => [process.execPath, commandIn(build), 'mock', '--port', String(port)],
    }),
  );
  const contenders = takesPart(settings, PRISM) ? [...ours, prism] : ours;
  const starts = await inRounds(contenders.map(startTask), rounds, report);
  const serving: Serving[] = [];
  for (const contender of contenders) {
    const server = await serve(contender);
    serving.push(server);
    await checkAnswer(server, freshWork(), 204);
    await measure(server, freshWork(), { connections: 1, seconds: WARM_UP_SECONDS, status: 204 });
  }
  const tasks = CONNECTIONS.flatMap((connections) => serving.map((server) => loadTask(server, connections, settings)));
  const measurements = [...starts, ...(await inRounds(tasks, rounds, report))];
  await Promise.all(serving.map((server) => server.end()));
  const headline = headlineOf(measurements);
  const missing = contenders.includes(prism) ? [] : ['prism: not requested'];
  return { name: 'mock', title: 'The mock', how, headline, ratios: ratiosOf(measurements), measurements, missing };
}

function startTask(contender: Contender): Task {
  return {
    contender: contender.name,
    work: 'start',
    run: async () => {
      const begin = performance.now();
      const server = await serve(contender);
      const ms = performance.now() - begin;
      await server.end();
      return { [START]: ms };
    },
  };
}

function loadTask(server: Serving, connections: number, { seconds }: Settings): Task {
  return {
    contender: server.name,
    work: workOf(connections),
    run: async () => {
      const options = { connections, seconds: Math.min(seconds, MAX_SECONDS), status: 204 };
      const { perSecond, cpuMicros } = await measure(server, freshWork(), options);
      return { [REQUESTS]: perSecond, 'CPU µs a request': cpuMicros };
    },
  };
}

let firstNumber = 1;

/** Deletes of tags that no earlier request has named. */
function freshWork(): Work {
  firstNumber += TAGS;
  const headers = { [TOKEN_HEADER]: TOKEN };
  return { method: 'DELETE', path: pathOf('v@'), headers, firstNumber, numbers: TAGS };
}

function ratiosOf(measurements: readonly Measurement[]): Ratio[] {
  const figure = (name: string, work: string, of: string) => medianOf(measurements, name, work, of) ?? Number.NaN;
  if (medianOf(measurements, PRISM, 'start', START) === undefined) return [];
  return [
    ...CONNECTIONS.map((connections): Ratio => {
      const rate = (name: string) => figure(name, workOf(connections), REQUESTS);
      const what = `requests/s ÷ those of prism, ${workOf(connections)}`;
      return { what, value: rate(OURS) / rate(PRISM), unit: '×', atLeast: 4 };
    }),
    {
      what: "prism's start to first answer ÷ ours",
      value: figure(PRISM, 'start', START) / figure(OURS, 'start', START),
      unit: '×',
      atLeast: 2,
    },
  ];
}

function headlineOf(measurements: readonly Measurement[]): Headline {
  const rate = (name: string) => rounded(medianOf(measurements, name, workOf(16), REQUESTS));
  return {
    what: `mock: requests/s, ${workOf(16)}`,
    asked: '4 × prism',
    ours: rate(OURS),
    bestPeer: `prism ${rate(PRISM)}`,
    floor: 'not measured',
  };
}
