// The machine that runs the check may have a wrong clock: what the check signs is dated by the provider's, which is told.
import { afterEach, expect, test } from 'vitest';
import { readContract } from '../../../verify/contract/read-contract.ts';
import { correct } from '../../../verify/faulty-providers/correct.ts';
import { ageOf } from '../../../verify/faulty-providers/credentials.ts';
import { refusing } from '../../../verify/faulty-providers/fault.ts';
import { type RunningProvider, startProvider } from '../../../verify/faulty-providers/provider.ts';
import { fixturesOf } from '../../../verify/fixtures.ts';
import { verifyProvider } from '../../../verify/provider/verify-provider.ts';

const contract = await readContract();

let provider: RunningProvider | undefined;
afterEach(async () => {
  await provider?.close();
  provider = undefined;
});

test.each([
  ['90 s ahead of', -90, { token: undefined }],
  ['3600 s ahead of', -3_600, {}],
  ['3600 s behind', 3_600, { token: undefined }],
])('a clock that is %s the provider’s makes nothing of the provider’s a fault', async (how, seconds, withoutToken) => {
  provider = await startProvider({
    ...refusing('expired-signature', () => (call) => {
      const age = ageOf(call);
      return age !== undefined && Math.abs(age + seconds) > 900;
    }),
    send: (response, answer) => {
      response.setHeader('Date', new Date(Date.now() + seconds * 1000).toUTCString());
      correct.send(response, answer);
    },
  });
  const { credentials, ...right } = provider.fixtures;
  const allowed = { ...credentials.allowed, ...withoutToken };

  const report = await verifyProvider({
    baseUrl: provider.url,
    fixtures: fixturesOf({ ...right, credentials: { ...credentials, allowed } }),
    contract,
    seed: 1,
  });

  const violated = report.findings.filter(({ verdict }) => verdict === 'violated');
  expect(violated.map(({ id }) => id)).toEqual([]);
  expect(report.findings.find(({ id }) => id === 'authentication/old-signature')?.verdict).toBe('verified');
  expect(report.notes?.join()).toMatch(
    new RegExp(`This machine’s clock is ${how.replace(/\d+/, '\\d+')} the provider’s`),
  );
});
