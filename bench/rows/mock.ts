// The mock beside the one that it is built on.
import { type Contender, checkAnswer, measure, type Serving, serve } from '../contender.ts';
import { generator, type Work } from '../load/load.ts';
import { medianOf, type Ratio, type Section } from '../results.ts';
import { built, programOf, projectRoot } from '../root.ts';
import { inRounds, type Task } from '../rounds.ts';
import type { Settings } from '../row.ts';
import { pathOf, TOKEN, TOKEN_HEADER } from '../servers/contract.ts';

const OURS = 'ours';
const PRISM = 'prism';
const CONNECTIONS = [1, 16];
const START = 'start to first answer, ms';
const REQUESTS = 'requests/s';
const WARM_UP_SECONDS = 2;

/** Each request deletes a tag of its own: a tag that was deleted is 404 the second time. */
const TAGS = 100_000;

const contenders: readonly Contender[] = [
  { name: OURS, command: (port) => [process.execPath, built('mock/main.js'), '--port', String(port)] },
  {
    name: PRISM,
    command: (port) => [
      ...[process.execPath, programOf('@stoplight/prism-cli'), 'mock', `${projectRoot}/openapi/openapi.yaml`],
      ...['--port', String(port)],
    ],
  },
];

let firstNumber = 1;

/** Numbers that no request has had before. */
function freshWork(): Work {
  firstNumber += TAGS;
  const headers = { [TOKEN_HEADER]: TOKEN };
  return { method: 'DELETE', path: pathOf('v@'), headers, firstNumber, numbers: TAGS };
}

const workOf = (connections: number) => `${connections} connections`;

export async function mockRow({ rounds, seconds, report }: Settings): Promise<Section> {
  const starts = await inRounds(contenders.map(startTask), rounds, report);
  const serving: Serving[] = [];
  for (const contender of contenders) {
    const server = await serve(contender);
    serving.push(server);
    await checkAnswer(server, freshWork(), 204);
    await measure(server, freshWork(), { connections: 1, seconds: WARM_UP_SECONDS, status: 204 });
  }
  const tasks = CONNECTIONS.flatMap((connections) =>
    serving.map(
      (server): Task => ({
        contender: server.name,
        work: workOf(connections),
        run: async () => {
          const options = { connections, seconds: Math.min(seconds, MAX_SECONDS), status: 204 };
          const { perSecond, cpuMicros } = await measure(server, freshWork(), options);
          return { [REQUESTS]: perSecond, 'CPU µs a request': cpuMicros };
        },
      }),
    ),
  );
  const loads = await inRounds(tasks, rounds, report);
  await Promise.all(serving.map((server) => server.end()));
  const measurements = [...starts, ...loads];
  const start = (name: string) => medianOf(measurements, name, 'start', START) ?? Number.NaN;
  const ratios: Ratio[] = [
    ...CONNECTIONS.map((connections): Ratio => {
      const rate = (name: string) => medianOf(measurements, name, workOf(connections), REQUESTS) ?? Number.NaN;
      return {
        what: `requests/s ÷ those of prism, ${workOf(connections)}`,
        value: rate(OURS) / rate(PRISM),
        unit: '×',
        atLeast: 2,
      };
    }),
    { what: "prism's start to first answer ÷ ours", value: start(PRISM) / start(OURS), unit: '×', atLeast: 1 },
  ];
  return { name: 'mock', title: 'The mock', how, ratios, measurements, missing: [] };
}

/** In longer ones the numbers would come round, and be 404. */
const MAX_SECONDS = 4;

const how =
  `\`npm run mock\` beside stock \`prism mock\` on the same contract, both with their log going to a file and with
neither npm nor npx in front; every request deletes another tag and is answered 204; load by ${generator}.`.replaceAll(
    '\n',
    ' ',
  );

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
