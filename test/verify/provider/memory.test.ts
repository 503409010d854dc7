// A provider may answer with a megabyte to everything: what a run keeps of that is what the report shows.
import { afterEach, expect, test } from 'vitest';
import { correct } from '../../../verify/faulty-providers/correct.ts';
import { withContent } from '../../../verify/faulty-providers/fault.ts';
import { type RunningProvider, startProvider } from '../../../verify/faulty-providers/provider.ts';
import { builtModule } from '../../support/built.ts';
import { runProcess } from '../../support/command.ts';

let provider: RunningProvider | undefined;
afterEach(async () => {
  await provider?.close();
  provider = undefined;
});

/** Of a short run and of a long one: only what the second keeps more grows with the answers. */
const REQUESTS = [40, 240];
const BODY = 900_000;

/** Checks, and prints how much of the heap is in use when the last case is done, in megabytes. */
const script = (url: string, fixtures: unknown) => `
import { readContract } from ${JSON.stringify(builtModule('verify/contract/read-contract.ts'))};
import { verifyProvider } from ${JSON.stringify(builtModule('verify/provider/verify-provider.ts'))};
const contract = await readContract();
const used = [];
for (const maxRequests of ${JSON.stringify(REQUESTS)}) {
  const onProgress = ({ done, total }) => {
    if (done < total) return;
    gc();
    used.push(process.memoryUsage().heapUsed / 2 ** 20);
  };
  const baseUrl = ${JSON.stringify(url)};
  await verifyProvider({ baseUrl, fixtures: ${JSON.stringify(fixtures)}, contract, seed: 1, maxRequests, onProgress });
}
console.log(JSON.stringify(used));
`;

test.each([
  ['where they are right', (padding: string) => ({ padding })],
  ['where they are wrong, and quoted', (error_msg: string) => ({ error_msg })],
])(
  'answers of 900 KB are not kept %s',
  async (_, more) => {
    const added = more('x'.repeat(BODY));
    provider = await startProvider({
      error: (name, requestId, call) =>
        withContent(correct.error(name, requestId, call), (content) => ({ ...content, ...added })),
    });

    const run = ['--expose-gc', '--input-type=module', '-e', script(provider.url, provider.fixtures)];
    const { stdout, stderr } = await runProcess(process.execPath, run);

    expect(stderr).toBe('');
    const [short = 0, long = 0] = JSON.parse(stdout);
    expect(short).toBeGreaterThan(0);
    expect(long - short).toBeLessThan(50);
  },
  60_000,
);
