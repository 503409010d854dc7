// A client at work: so many calls at once for so many seconds, then one line with what it did.
import { parseArgs } from 'node:util';

/** One call. @throws where the answer is not 204 */
type Call = (tag: string) => Promise<void>;

/** Until the compiler has seen it all. */
const WARM_UP_SECONDS = 3;

/** Reads the command line: where to ask, and how much. With `--once`, a single call. */
export async function runClient(createCall: (url: string) => Call): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: '' },
      concurrency: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '1' },
      once: { type: 'boolean', default: false },
    },
  });
  const call = createCall(values.url);
  if (values.once) await call('v1');
  else {
    const concurrency = Number(values.concurrency);
    await callFor(call, concurrency, WARM_UP_SECONDS);
    const before = process.cpuUsage();
    const { calls, seconds } = await callFor(call, concurrency, Number(values.seconds));
    const { user, system } = process.cpuUsage(before);
    process.stdout.write(`${JSON.stringify({ perSecond: calls / seconds, cpuMicros: (user + system) / calls })}\n`);
  }
  // Kept connections would hold the process.
  process.exit(0);
}

async function callFor(call: Call, concurrency: number, seconds: number): Promise<{ calls: number; seconds: number }> {
  const begin = performance.now();
  const end = begin + seconds * 1000;
  let calls = 0;
  const caller = async () => {
    while (performance.now() < end) {
      calls += 1;
      await call(`v${calls}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  return { calls, seconds: (performance.now() - begin) / 1000 };
}
