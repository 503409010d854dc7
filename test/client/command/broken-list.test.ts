// What the command says when a list breaks off in the middle, and of tags that a retry finds gone.
import { expect, test } from 'vitest';
import { bulkDelete, type Result } from '../../../client/command/bulk-delete.ts';
import { createReporter } from '../../../client/command/output/report.ts';
import { linesOf, runAgainst } from './setting.ts';

/** An output that keeps what it is given. */
function kept() {
  const texts: string[] = [];
  const write = async (text: string) => void texts.push(text);
  return {
    texts,
    output: { isTerminal: false, isPipe: true, columns: 80, write, draw: () => undefined, flush: async () => 0 },
  };
}

async function* brokenList() {
  yield { namespace: 'group', repository: 'busybox', tag: 'v1' };
  yield { namespace: 'group', repository: 'busybox', tag: 'v2' };
  throw new Error('EIO');
}

test('A list that cannot be read on loses neither the outcomes so far nor the number of those that were not tried', async () => {
  const [stdout, stderr] = [kept(), kept()];
  const options = { count: 5, json: false, stdout: stdout.output, stderr: stderr.output };
  const reporter = createReporter(options, { hasBar: false });
  const never = new AbortController().signal;
  const client = {
    deleteTag: async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { outcome: 'deleted' as const, requestId: undefined, tries: 1 };
    },
  };
  const flags = { concurrency: 4, rate: undefined, ignoreMissing: false, failFast: false, stop: never, abort: never };
  const results: Result[] = [];
  const deleting = bulkDelete(brokenList(), { client, ...flags }, (result) => {
    results.push(result);
    return reporter.result(result);
  });
  await expect(deleting).rejects.toThrow('EIO');
  expect(results.map(({ outcome }) => outcome)).toEqual(['deleted', 'deleted']);
  expect(await reporter.end()).toBe(false);
  expect(stderr.texts.join('')).toMatch(/^deleted 2, not tried 3 in /);
});

/** Answers the first request of each tag with 503, and later ones with the contract's 404 of a missing tag. */
function gatewayThenGone() {
  const asked = new Set<string>();
  return (url: string) => {
    const isFirst = !asked.has(url);
    asked.add(url);
    return isFirst ? { status: 503, body: '' } : { status: 404, body: '{"error_code":"SVCSTG.SWR.4040115"}' };
  };
}

test.each<[flags: string[], code: number, line: RegExp, summary: RegExp]>([
  [[], 0, /^deleted-by-earlier-try group\/busybox:v1$/, /^deleted 1 \(1 by an earlier try\) in /],
  [['--retries', '0'], 1, /^failed group\/busybox:v1: the answer was 503 /, /^deleted 0, failed 1 in /],
])(
  'A tag that is gone after a lost answer: with %j the exit code is %i, and the summary does not hide it',
  async (flags, exitCode, line, summary) => {
    const answer = gatewayThenGone();
    const { code, stdout, stderr } = await runAgainst(
      ({ url = '' }, response) => {
        const { status, body } = answer(url);
        response.writeHead(status).end(body);
      },
      [...flags, 'group/busybox:v1'],
    );
    expect(code).toBe(exitCode);
    expect(linesOf(stdout)).toEqual([expect.stringMatching(line)]);
    expect(stderr).toMatch(summary);
  },
);
