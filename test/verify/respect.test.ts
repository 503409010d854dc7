import { afterEach, describe, expect, test } from 'vitest';
import { listedImages } from '../../mock/images.ts';
import { faults } from '../../verify/faulty-providers/faults.ts';
import { startProvider } from '../../verify/faulty-providers/provider.ts';
import { startMock } from '../mock/start-mock.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { RESTRICTED_TOKEN, startServer, TOKEN } from '../support/server.ts';
import { judge } from './respect.ts';

const repository = { namespace: 'group', repository: 'team/app' };
const images = { ...repository, tags: ['v1'] };
const absent = { tag: 'nope', repository: 'nope', namespace: 'nope' };

const started: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.close();
});

const running = <T extends { close(): Promise<void> }>(one: T): T => {
  started.push(one);
  return one;
};

describe('Redocly’s respect, a judge who is not of this project, finds nothing wrong on the main paths', () => {
  test('of the server', async () => {
    const store = new MemoryStore('group/team/app:v1', 'group/team/app:keep');
    const { url } = running(await startServer({ store, protectedTags: /keep/ }));
    const judgement = await judge(url, {
      credentials: { allowed: { token: TOKEN }, forbidden: { token: RESTRICTED_TOKEN } },
      ...{ images, absent, provoke: { 'tag-protected': { ...repository, tag: 'keep' } } },
    });
    expect(judgement).toMatchObject({ code: 0, failed: [] });
    expect(judgement.workflows).toEqual(expect.arrayContaining(['delete', 'no-token', 'forbidden', 'tag-too-long']));
  });

  test('of the mock, which takes any token and knows nobody without a right', async () => {
    const { url } = running(
      await startMock({ images: listedImages([{ namespace: 'group', repository: 'team$app', tag: 'v1' }]) }),
    );
    const fixtures = { credentials: { allowed: { token: 'any' } }, images, absent, provoke: {} };
    expect(await judge(url, fixtures, ['unknown-token'])).toMatchObject({ code: 0, failed: [] });
  });

  test('of the correct provider, with every error that can be provoked', async () => {
    const { url, fixtures } = running(await startProvider());
    expect(await judge(url, fixtures)).toMatchObject({ code: 0, failed: [] });
  });
});

describe('respect sees', () => {
  test.each([
    ['success-for-missing-tag', 'delete-again: $statusCode == 404'],
    ['404-before-403', 'forbidden: $statusCode == 403'],
    ['retry-after-missing', 'provoked-throttled: $response.header.retry-after != null'],
  ])('the fault %s', async (name, failure) => {
    const { url, fixtures } = running(await startProvider(faultOf(name)));
    const { code, failed } = await judge(url, fixtures);
    expect(code).toBe(1);
    expect(failed).toContain(failure);
  });

  // Why the wire is looked at by ourselves.
  test('neither a body nor framing on a 204', async () => {
    const { url, fixtures } = running(await startProvider(faultOf('body-on-204')));
    expect(await judge(url, fixtures)).toMatchObject({ code: 0, failed: [] });
  });
});

function faultOf(name: string) {
  const fault = faults.find((one) => one.name === name);
  if (fault === undefined) throw new Error(`there is no fault ${name}`);
  return fault.change;
}
