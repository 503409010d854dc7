// The provider check proves itself: each fault of a provider is caught by the finding that is about it. What caught
// what is published in verify/faulty-providers/README.md, which `npx vitest run --config test/vitest.config.ts
// test/verify/faulty-providers/faulty-providers.test.ts -u` writes anew.
import { readFile } from 'node:fs/promises';
import PQueue from 'p-queue';
import { beforeAll, describe, expect, test } from 'vitest';
import { readContract } from '../../../verify/contract/read-contract.ts';
import type { Fault } from '../../../verify/faulty-providers/fault.ts';
import { faultGroups, faults } from '../../../verify/faulty-providers/faults.ts';
import { startProvider } from '../../../verify/faulty-providers/provider.ts';
import { verifyProvider } from '../../../verify/provider/verify-provider.ts';
import type { Report } from '../../../verify/report/model.ts';
import { baseFaults } from '../levels/base-faults.ts';

/** The same random names every time: the table stays as it is. */
const SEED = 1;
const AT_ONCE = 4;
/** A minute is enough on two idle cores. */
const PATIENCE_MS = 600_000;

const contract = await readContract();
const reports = new Map<string, Report>();

/** The check's report of a provider with a fault, or of the correct one. */
async function check(fault?: Fault): Promise<Report> {
  const { url, fixtures, close } = await startProvider(fault?.change);
  try {
    return await verifyProvider({ baseUrl: url, fixtures, contract, seed: SEED });
  } finally {
    await close();
  }
}

const violated = (report: Report | undefined) =>
  (report?.findings ?? []).filter(({ verdict }) => verdict === 'violated').map(({ id }) => id);

const fitting = ({ name, caughtBy }: Fault) =>
  violated(reports.get(name)).filter((id) => caughtBy.some((prefix) => id.startsWith(prefix)));

beforeAll(async () => {
  const queue = new PQueue({ concurrency: AT_ONCE });
  await queue.addAll(faults.map((fault) => async () => reports.set(fault.name, await check(fault))));
}, PATIENCE_MS);

test('the correct provider is clean, every state that it can be brought into is verified', async () => {
  const { findings } = await check();
  expect(findings.flatMap(({ id, violations }) => violations.map(({ message }) => `${id}: ${message}`))).toEqual([]);
  // The check does not wait for the provider's time-out, and the provider has no identity service.
  const notVerified = findings.filter(({ verdict }) => verdict === 'not-verified');
  const causes = ['request-timeout', 'temporary-access-key', 'authentication-unavailable'];
  expect(notVerified.map(({ cause }) => cause)).toEqual(causes);
});

describe.each(Object.entries(faultGroups))('%s', (_, group) => {
  test.each(group)('$name is caught, else $loss', (fault) => {
    expect(fitting(fault), `violated: ${violated(reports.get(fault.name)).join(', ')}`).not.toEqual([]);
  });
});

test('the table of what caught what is published as it is', async () => {
  await expect(table()).toMatchFileSnapshot('../../../verify/faulty-providers/README.md');
});

/** What other tools find, as it was measured. */
const measured = await readFile(new URL('measured.md', import.meta.url), 'utf8');

function table(): string {
  const groups = Object.entries(faultGroups).map(([title, group]) => `\n## ${title}\n\n${rows(group)}\n`);
  return `${INTRODUCTION}${measured}${groups.join('')}`;
}

function rows(group: readonly Fault[]): string {
  const lines = group.map((fault) => {
    const [first = '–', ...more] = fitting(fault).map((id) => `\`${id}\``);
    return `| \`${fault.name}\` | ${fault.loss} | ${first}${more.length > 0 ? ` and ${more.length} more` : ''} |`;
  });
  return ['| fault | what a user loses | caught by |', '|---|---|---|', ...lines].join('\n');
}

const INTRODUCTION = `# Faulty providers: the test kit of the provider check

A correct provider of the operation, as small as it gets, and ${faults.length} variants of it with one fault each. The tests check
each of them, and each must be caught by a finding that is about it. Another ${baseFaults.length} single faults of a provider of the
base document alone ([base-faults.ts](../../test/verify/levels/base-faults.ts)) are each caught at \`--level base\`.
Written by \`test/verify/faulty-providers/faulty-providers.test.ts\`; do not edit.

To see what the check says of one of them:

\`\`\`sh
npx swr-tag-delete faulty-provider --fault body-on-204
\`\`\`

It prints the command that checks it.

`;
