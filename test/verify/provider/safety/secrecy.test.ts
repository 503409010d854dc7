// A stranger must not learn what exists. What an answer says anew each time, and what it repeats of the request, is no
// leak; a word that is there for what exists and not for what does not is one.
import { afterEach, expect, test } from 'vitest';
import { readContract } from '../../../../verify/contract/read-contract.ts';
import type { Call } from '../../../../verify/faulty-providers/behaviour.ts';
import { correct, tagsOf } from '../../../../verify/faulty-providers/correct.ts';
import { withContent, withHeaders } from '../../../../verify/faulty-providers/fault.ts';
import { type RunningProvider, startProvider } from '../../../../verify/faulty-providers/provider.ts';
import { fixturesOf } from '../../../../verify/fixtures.ts';
import { verifyProvider } from '../../../../verify/provider/verify-provider.ts';

const contract = await readContract();

let provider: RunningProvider | undefined;
afterEach(async () => {
  await provider?.close();
  provider = undefined;
});

const exists = (call: Call) => tagsOf(call)?.has(call.image.tag) ?? false;

/** The secrecy findings of a provider whose refusals say more. @returns those that are violated */
async function leaksOf(
  detailOf: (call: Call) => string,
  headersOf: (call: Call) => Record<string, string> = () => ({}),
) {
  provider = await startProvider({
    error: (name, requestId, call) => {
      const answer = correct.error(name, requestId, call);
      if (call === undefined || ![401, 403].includes(answer.status)) return answer;
      const detail = detailOf(call);
      const said = withContent(answer, ({ errors, ...content }) => ({
        ...content,
        errors: errors.map((one) => ({ ...one, detail })),
      }));
      return withHeaders(said, headersOf(call));
    },
  });
  const { findings } = await verifyProvider({
    baseUrl: provider.url,
    fixtures: fixturesOf(provider.fixtures),
    contract,
    seed: 1,
  });
  const found = findings.filter(({ id }) => id.startsWith('secrecy/'));
  expect(found.length).toBeGreaterThan(3);
  return found.filter(({ verdict }) => verdict === 'violated').map(({ id }) => id);
}

let count = 0;
const asked = new Set<string>();

test.each<[string, (call: Call) => string]>([
  ['the time', () => new Date().toISOString()],
  ['the second', () => new Date().toUTCString()],
  ['a number of its own', () => String(count++)],
  ['whether it was asked before', ({ path }) => (asked.size === asked.add(path).size ? 'warm' : 'cold')],
  ['the path', ({ path }) => `no right to ${path}`],
  ['the decoded names', ({ image }) => `no right to ${image.namespace}/${image.repository}:${image.tag}`],
  ['the name as it was sent', ({ names }) => names.repository],
])('an answer that says %s tells nothing', async (_, detailOf) => {
  expect(await leaksOf(detailOf)).toEqual([]);
});

test.each<[string, (call: Call) => string, (call: Call) => Record<string, string>]>([
  ['a word', (call) => (exists(call) ? 'protected' : 'unknown'), () => ({})],
  ['a word beside the time', (call) => `${exists(call) ? 'in' : 'of'} ${call.image.tag}`, () => ({})],
  ['a header', () => '', (call) => (exists(call) ? { ETag: '"1"' } : {})],
])('an answer that tells what exists by %s is found out', async (_, detailOf, headersOf) => {
  expect(await leaksOf(detailOf, headersOf)).toEqual(
    expect.arrayContaining(['secrecy/stranger-tag', 'secrecy/no-right-tag', 'secrecy/no-right-repository']),
  );
});
