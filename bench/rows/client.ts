// Signed calls, beside the vendor's SDK, which signs too, and plain fetch, which does not.
import { type Build, built, clientIn, OURS } from '../harness/builds.ts';
import { type Serving, serve } from '../harness/contender.ts';
import { LOAD_CORE, run, temporaryDirectory } from '../harness/processes.ts';
import { inRounds, type Settings, type Task, takesPart } from '../harness/rounds.ts';
import { rounded } from '../results/print.ts';
import { type Headline, type Measurement, medianOf, type Ratio, type Section } from '../results/results.ts';

const POOLED = '-pooled';
const OURS_POOLED = OURS + POOLED;
const OURS_TOKEN = `${OURS}-token`;
const peers = ['sdk', 'plain-fetch', 'signed-fetch', 'openapi-fetch'];
const MOST = 32;
const CONCURRENCIES = [MOST];
/** `atLeast` is the target at 32 at once: CPU time of `other` ÷ that of `own`. */
const targets: readonly { readonly own: string; readonly other: string; readonly atLeast?: number }[] = [
  { own: OURS_POOLED, other: 'sdk', atLeast: 5 },
  { own: OURS_TOKEN, other: 'plain-fetch', atLeast: 0.9 },
  { own: OURS, other: 'signed-fetch', atLeast: 0.9 },
];
const CALLS = 'calls/s';
const CPU = 'CPU µs a call';

const how =
  `Calls of a client on a core of its own. A bare node:http server on the other core answers 204. ours checks names,
signs with SDK-HMAC-SHA256 and is ready to retry, on top of the platform's fetch. ours-token does the same with a token.
ours-pooled signs and uses createPooledFetch(). sdk is the vendor's Node SDK, which signs. plain-fetch is Node's own fetch
with a token, and signed-fetch the same with the signature and a signal: the least that a client on fetch can do. openapi-fetch is that
library as its documentation shows it, with a token and a time limit: what a team would write. Before the measurement each
makes one call that the project's server authenticates.`.replaceAll('\n', ' ');

/** A client of `bench/clients.ts`. */
interface Client {
  readonly name: string;
  /** Its arguments: which client, and for ours, of which build. */
  readonly args: readonly string[];
}

const workOf = (concurrency: number) => `${concurrency} at once`;
const server = (name: string) => ({ name, command: () => [process.execPath, built(`bench/servers/${name}.js`)] });
const oursIn = (build: Build): Client[] =>
  ['', POOLED, '-token'].map((suffix) => ({
    name: build.name + suffix,
    args: [OURS + suffix, '--package', clientIn(build)],
  }));

export async function clientRow(settings: Settings): Promise<Section> {
  const { rounds, builds, report } = settings;
  const clients = builds.flatMap(oursIn);
  const missing: string[] = [];
  const authenticating = await serve(server('ours'));
  const once = async (client: Client) => {
    report(`${client.name}: one authenticated call`);
    await call(client, authenticating, ['--once']);
  };
  for (const client of clients) await once(client);
  for (const name of peers.filter((peer) => takesPart(settings, peer))) {
    const client = { name, args: [name] };
    try {
      await once(client);
      clients.push(client);
    } catch (error) {
      missing.push(`${name}: ${(error as Error).message}`);
    }
  }
  await authenticating.end();
  const answering = await serve(server('node-http'));
  const tasks = CONCURRENCIES.flatMap((concurrency) =>
    clients.map((client) => taskOf(client, answering, concurrency, settings)),
  );
  const measurements = await inRounds(tasks, rounds, report);
  await answering.end();
  const section = { name: 'client', title: 'The client', how, headline: headlineOf(measurements) };
  return { ...section, ratios: ratiosOf(measurements), measurements, missing };
}

function taskOf(client: Client, answering: Serving, concurrency: number, { seconds }: Settings): Task {
  return {
    contender: client.name,
    work: workOf(concurrency),
    run: async () => {
      const options = ['--concurrency', String(concurrency), '--seconds', String(seconds)];
      const { perSecond, cpuMicros } = JSON.parse(await call(client, answering, options)) as Record<string, number>;
      return { [CALLS]: perSecond, [CPU]: cpuMicros };
    },
  };
}

function call({ args }: Client, { url }: Serving, options: readonly string[]): Promise<string> {
  const command = [process.execPath, built('bench/clients.js'), ...args, '--url', url, ...options];
  // The vendor's SDK writes to $HOME.
  return run(command, { core: LOAD_CORE, env: { NODE_ENV: 'production', HOME: temporaryDirectory() } });
}

function ratiosOf(measurements: readonly Measurement[]): Ratio[] {
  return CONCURRENCIES.flatMap((concurrency) =>
    targets.flatMap(({ own, other, atLeast }): Ratio[] => {
      const cpu = (name: string) => medianOf(measurements, name, workOf(concurrency), CPU);
      const [ownCpu, otherCpu] = [cpu(own), cpu(other)];
      if (ownCpu === undefined || otherCpu === undefined) return [];
      const bound = concurrency === MOST && atLeast !== undefined ? { atLeast } : {};
      const what = `CPU µs a call of ${other} ÷ that of ${own}, ${workOf(concurrency)}`;
      return [{ what, value: otherCpu / ownCpu, unit: '×', ...bound }];
    }),
  );
}

function headlineOf(measurements: readonly Measurement[]): Headline {
  const rate = (name: string) => `${name} ${rounded(medianOf(measurements, name, workOf(MOST), CPU))}`;
  return {
    what: `client: CPU µs a call, ${workOf(MOST)}`,
    asked: 'pooled: sdk ÷ 5; with a token: plain-fetch ÷ 0.9',
    ours: [OURS_POOLED, OURS_TOKEN, OURS].map(rate).join(', '),
    bestPeer: rate('sdk'),
    floor: `${rate('plain-fetch')}, ${rate('signed-fetch')}`,
  };
}
