// A token that the registry does not take, although it should still be valid: after a change of keys, for example.
import { expect, test } from 'vitest';
import { answering, type Fault } from '../../../support/faults.ts';
import type { RecordedRequest } from '../../../support/scripted-registry.ts';
import { appTag, outcome } from '../layout/synthetic.ts';
import { openStore, startFilled } from './scripted.ts';

test.each([
  ['says what it wants, as the specification asks for', true],
  ['only answers 401, as zot does', false],
])('A delete gets a new token if the registry %s', async (_, hasChallenge) => {
  let key = 'old';
  const registry = await startFilled({ deleteByTag: 'native' });
  const challenge = { 'WWW-Authenticate': `Bearer realm="${registry.url}token",service="test"` };
  const guard = ({ path, headers: { authorization } }: RecordedRequest): Fault | undefined => {
    if (path.startsWith('/token')) return answering(200, {}, JSON.stringify({ token: key, expires_in: 3600 }));
    if (authorization === `Bearer ${key}`) return undefined;
    return answering(401, authorization === undefined || hasChallenge ? challenge : {});
  };
  registry.traits = { ...registry.traits, fault: guard };
  const store = await openStore(registry);
  expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
  key = 'new';
  expect(await outcome(store.deleteTag(appTag('v2')))).toBe('deleted');
  expect(Object.keys(registry.images('group/app'))).toEqual(['v3']);
});
