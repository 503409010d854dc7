// Signed calls, beside the vendor's SDK, which signs too, and plain fetch, which does not.
import { type Serving, serve } from '../contender.ts';
import { LOAD_CORE, run, temporaryDirectory } from '../processes.ts';
import { medianOf, type Ratio, type Section } from '../results.ts';
import { built } from '../root.ts';
import { inRounds, type Task } from '../rounds.ts';
import { type Settings, takesPart } from '../row.ts';

const OURS = 'ours';
/** With the transport for many calls. */
const POOLED = 'ours-pooled';
const peers = ['sdk', 'plain-fetch'];
/** What has to hold at 32 at once: which of ours, beside whom. */
const targets: readonly { readonly own: string; readonly other: string; readonly atLeast?: number }[] = [
  { own: POOLED, other: 'sdk', atLeast: 5 },
  { own: POOLED, other: 'plain-fetch', atLeast: 1 },
  { own: OURS, other: 'sdk' },
  { own: OURS, other: 'plain-fetch' },
];
const CONCURRENCIES = [1, 32];
const CALLS = 'calls/s';

const workOf = (concurrency: number) => `${concurrency} at once`;
const server = (name: string) => ({ name, command: () => [process.execPath, built(`bench/servers/${name}.js`)] });

export async function clientRow(settings: Settings): Promise<Section> {
  const { rounds, report } = settings;
  const names = [OURS, POOLED, ...peers.filter((name) => takesPart(settings, name))];
  const verifying = await serve(server('ours'));
  const missing: string[] = [];
  for (const name of [...names]) {
    report(`${name}: a call that the server verifies`);
    await call(name, verifying, ['--once']).catch((error: Error) => {
      if (!peers.includes(name)) throw error;
      missing.push(`${name}: ${error.message}`);
      names.splice(names.indexOf(name), 1);
    });
  }
  await verifying.end();
  const answering = await serve(server('node-http'));
  const tasks = CONCURRENCIES.flatMap((concurrency) =>
    names.map((name) => taskOf(name, answering, concurrency, settings)),
  );
  const measurements = await inRounds(tasks, rounds, report);
  await answering.end();
  const ratios = CONCURRENCIES.flatMap((concurrency) =>
    targets.flatMap(({ own, other, atLeast }): Ratio[] => {
      const rate = (name: string) => medianOf(measurements, name, workOf(concurrency), CALLS);
      const [ownRate, otherRate] = [rate(own), rate(other)];
      if (ownRate === undefined || otherRate === undefined) return [];
      const bound = concurrency === 32 && atLeast !== undefined ? { atLeast } : {};
      const what = `calls/s of ${own} ÷ those of ${other}, ${workOf(concurrency)}`;
      return [{ what, value: ownRate / otherRate, unit: '×', ...bound }];
    }),
  );
  return { name: 'client', title: 'The client', how, ratios, measurements, missing };
}

const how = `Calls of a client on a core of its own; a bare node:http server on the other core answers 204. ours checks
names, signs with SDK-HMAC-SHA256, and would retry, over the platform's fetch, which is plain fetch and all of that;
ours-pooled is given createPooledFetch(); sdk is the vendor's Node SDK, which signs; plain-fetch is Node's own
fetch with a token. Before the clock starts each makes a call that the project's server authenticates.`.replaceAll(
  '\n',
  ' ',
);

function taskOf(name: string, { url }: Serving, concurrency: number, { seconds }: Settings): Task {
  return {
    contender: name,
    work: workOf(concurrency),
    run: async () => {
      const options = ['--concurrency', String(concurrency), '--seconds', String(seconds)];
      const { perSecond, cpuMicros } = JSON.parse(await call(name, { url }, options)) as Record<string, number>;
      return { [CALLS]: perSecond, 'CPU µs a call': cpuMicros };
    },
  };
}

function call(name: string, { url }: Pick<Serving, 'url'>, options: readonly string[]): Promise<string> {
  const command = [process.execPath, built(`bench/clients/${name}.js`), '--url', url, ...options];
  return run(command, { core: LOAD_CORE, env: { NODE_ENV: 'production', HOME: temporaryDirectory() } });
}
