// A token of the identity service beside a token of the credentials file: from the cache, and with a check each time.
import { IAM_TOKEN, pathOf, TOKEN, TOKEN_HEADER } from '../contract.ts';
import { built } from '../harness/builds.ts';
import { checkAnswer, measure, type Serving, serve } from '../harness/contender.ts';
import { generator, type Work } from '../harness/load.ts';
import { PRODUCTION_FLAGS } from '../harness/real-server.ts';
import { inRounds, type Settings, type Task } from '../harness/rounds.ts';
import { type Measurement, medianOf, type Ratio, type Section } from '../results/results.ts';

const FILE = 'file token';
const CACHED = 'cached token';
const CHECKED = 'checked token';
const CPU = 'CPU µs a request';
const MOST = 32;
const TAGS = 1_000;
/** Repeated before each load, as in the row of the server. */
const WARM_UP_SECONDS = 3;
/** Max CPU of a request with a cached token ÷ that of one with a token of the file. */
const AT_MOST = 1.05;

const how =
  `The server of the row above (204) with an identity service, which a bare node:http server on any core stands in for.
One process takes the file's token and the cached token in turn. A process without a cache takes the checked token: one
connection, because requests with one token share a check. Only the server's own CPU time counts. Load by
${generator}.`.replaceAll('\n', ' ');

const workOf = (connections: number) => `${connections} connections`;

export async function iamRow(settings: Settings): Promise<Section> {
  const { rounds, report } = settings;
  const identityService = await serve({
    name: 'identity service',
    command: () => [process.execPath, built('bench/servers/identity-service.js')],
    isShared: true,
  });
  const caching = await started(`${identityService.url}/v3`, '300');
  const checking = await started(`${identityService.url}/v3`, '0');
  const loads: readonly (readonly [name: string, server: Serving, token: string, connections: number])[] = [
    [FILE, caching, TOKEN, MOST],
    [CACHED, caching, IAM_TOKEN, MOST],
    [FILE, checking, TOKEN, 1],
    [CHECKED, checking, IAM_TOKEN, 1],
  ];
  for (const [, server, token] of loads) await checkAnswer(server, workWith(token), 204);
  const tasks = loads.map(
    ([contender, server, token, connections]): Task => ({
      contender,
      work: workOf(connections),
      run: async () => {
        const options = { connections, seconds: settings.seconds, status: 204 };
        await measure(server, workWith(token), { ...options, seconds: WARM_UP_SECONDS });
        const { perSecond, cpuMicros, p99Ms } = await measure(server, workWith(token), options);
        return { 'requests/s': perSecond, [CPU]: cpuMicros, 'p99 ms': p99Ms };
      },
    }),
  );
  const measurements = await inRounds(tasks, rounds, report);
  await Promise.all([caching, checking, identityService].map((server) => server.end()));
  const ratios = ratiosOf(measurements);
  return { name: 'iam', title: 'Tokens of an identity service', how, ratios, measurements, missing: [] };
}

/** Starts the server. @param cacheSeconds for which a token is not checked again */
function started(identityService: string, cacheSeconds: string): Promise<Serving> {
  return serve({
    name: 'ours',
    command: () => [process.execPath, ...PRODUCTION_FLAGS, built('bench/servers/ours.js')],
    env: { NODE_ENV: 'production', OS_AUTH_URL: identityService, IAM_CACHE_SECONDS: cacheSeconds },
  });
}

function workWith(token: string): Work {
  return { method: 'DELETE', firstNumber: 1, numbers: TAGS, path: pathOf('v@'), headers: { [TOKEN_HEADER]: token } };
}

function ratiosOf(measurements: readonly Measurement[]): Ratio[] {
  const compared = [
    { name: CACHED, connections: MOST, bound: { atMost: AT_MOST } },
    { name: CHECKED, connections: 1, bound: {} },
  ];
  return compared.flatMap(({ name, connections, bound }): Ratio[] => {
    const own = medianOf(measurements, name, workOf(connections), CPU);
    const other = medianOf(measurements, FILE, workOf(connections), CPU);
    if (own === undefined || other === undefined) return [];
    const what = `${CPU} with a ${name} ÷ with a ${FILE}, ${workOf(connections)}`;
    return [{ what, value: own / other, unit: '×', ...bound }];
  });
}
