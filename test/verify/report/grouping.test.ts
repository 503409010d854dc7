// One fault of a provider is one thing to mend, however many answers show it: a partner reads a list of what to do.
import { expect, test } from 'vitest';
import { readContract } from '../../../verify/contract/read-contract.ts';
import type { Behaviour } from '../../../verify/faulty-providers/behaviour.ts';
import { faults } from '../../../verify/faulty-providers/faults.ts';
import { startProvider } from '../../../verify/faulty-providers/provider.ts';
import { verifyProvider } from '../../../verify/provider/verify-provider.ts';
import { problemsOf } from '../../../verify/report/summary.ts';

const contract = await readContract();

async function problemsOfProvider(change: Partial<Behaviour> | undefined) {
  const { url, fixtures, close } = await startProvider(change);
  try {
    return problemsOf(await verifyProvider({ baseUrl: url, fixtures, contract, seed: 1 }));
  } finally {
    await close();
  }
}

const changeOf = (name: string) => faults.find((fault) => fault.name === name)?.change;

test.each([
  ['request-id-header-missing', 'The header X-Request-Id is missing'],
  ['request-id-field-missing', 'request_id'],
  ['request-id-of-another-form', 'The header X-Request-Id breaks its schema'],
  ['request-id-differs-in-body', 'request_id and the header X-Request-Id differ'],
  ['formats-contradict-each-other', 'differ: they must be the same'],
])('%s', async (name, message) => {
  const problems = await problemsOfProvider(changeOf(name));

  expect(problems.map(({ occurrences: [first] }) => first.message)).toEqual([expect.stringContaining(message)]);
  expect(problems[0]?.occurrences.length).toBeGreaterThan(20);
});
