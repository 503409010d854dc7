// A front end behind the consumer check: what its browser asks by itself is no request of the consumer.
import { describe, expect, test } from 'vitest';
import { pathOf, startMock } from '../../mock/start-mock.ts';
import { ask, requestText } from '../../support/wire.ts';
import { findingOf, startCheck, violationsOf } from './start-consumer-check.ts';

const origin = { Origin: 'https://front-end.example' };
const preflight = { ...origin, 'Access-Control-Request-Method': 'DELETE' };
const token = { ...origin, 'X-Auth-Token': 'any' };

describe.each([
  { title: 'that allows other origins', isCorsOn: true, status: 204 },
  { title: 'that does not', isCorsOn: false, status: 405 },
])('Against a mock $title', ({ isCorsOn, status }) => {
  test('A preflight is no violation, and does not count as 405 met', async () => {
    const mock = await startMock({ isCorsOn });
    const check = await startCheck(mock.url);
    expect((await ask(check.url, requestText(`OPTIONS ${pathOf('v1')}`, preflight))).status).toBe(status);
    expect((await ask(check.url, requestText(`DELETE ${pathOf('v1')}`, token))).status).toBe(204);
    const report = await check.end();
    await mock.close();
    expect(violationsOf(report)).toEqual([]);
    expect(
      report.findings.filter((finding) => ['405', 'method-not-allowed', 'undeclared'].includes(finding.cause)),
    ).toEqual([]);
    expect(findingOf(report, 'success').verdict).toBe('verified');
    expect(report.notes?.join()).toContain('1 CORS preflight not judged');
  });
});

test('An OPTIONS request that is no preflight is still one of the consumer', async () => {
  const mock = await startMock({ isCorsOn: true });
  const check = await startCheck(mock.url);
  expect((await ask(check.url, requestText(`OPTIONS ${pathOf('v1')}`, token))).status).toBe(405);
  const report = await check.end();
  await mock.close();
  expect(findingOf(report, 'method-not-allowed').status).toBe('405');
});
