// How long an answer is waited for decides how long the check of a provider lasts that does not answer everything.
import { expect, test } from 'vitest';
import { Deadline } from '../../../verify/provider/send/deadline.ts';

test('A provider that answers everything is waited for as long as was asked', () => {
  const deadline = new Deadline(6_000);
  deadline.learn(true, 3_000);
  deadline.learn(false, 10);

  expect(deadline.ms).toBe(6_000);
});

test('After a request that was never answered a quick provider is waited for a second, not for six each time', () => {
  const deadline = new Deadline(6_000);
  deadline.learn(true, 40);
  deadline.learn(false, 6_000);

  expect(deadline.ms).toBe(1_000);
});

test('A slow provider that hung once still gets twice the time that it has ever needed', () => {
  const deadline = new Deadline(6_000);
  deadline.learn(true, 2_000);
  deadline.learn(false, 6_000);

  expect(deadline.ms).toBe(4_000);
});
