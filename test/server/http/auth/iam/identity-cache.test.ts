import { expect, test } from 'vitest';
import { IdentityCache } from '../../../../../server/http/auth/iam/identity-cache.ts';
import type { CheckedIdentity } from '../../../../../server/http/auth/iam/introspect.ts';

const HOUR_MS = 3_600_000;

const identity = (expiresAt: number): CheckedIdentity => ({
  user: { id: 'a11ce', name: 'alice', domain: 'Default' },
  project: undefined,
  scopeDomain: undefined,
  roles: [],
  expiresAt,
  auditId: undefined,
  iamRequestId: undefined,
});

function create(seconds: number) {
  const time = { wall: 1_000_000 * HOUR_MS, monotonic: 5_000 };
  const pass = (ms: number) => {
    time.wall += ms;
    time.monotonic += ms;
  };
  const cache = new IdentityCache(seconds, { wall: () => time.wall, monotonic: () => time.monotonic });
  return { cache, time, pass, token: cache.keyOf('token') };
}

test('A valid token is not checked again for as many seconds as the operator allows, and no longer', () => {
  const { cache, time, pass, token } = create(60);
  const known = identity(time.wall + HOUR_MS);
  cache.set(token, known);
  pass(59_999);
  expect(cache.get(token)).toBe(known);
  pass(1);
  expect(cache.get(token)).toBeUndefined();
  expect(cache.wasValid(token)).toBe(true);
});

test('A token that expires earlier is no longer valid then', () => {
  const { cache, time, pass, token } = create(60);
  cache.set(token, identity(time.wall + 10_000));
  pass(9_999);
  expect(cache.get(token)).toBeDefined();
  pass(1);
  expect(cache.get(token)).toBeUndefined();
});

test('Setting the clock back keeps no token valid for longer', () => {
  const { cache, time, pass, token } = create(60);
  cache.set(token, identity(time.wall + HOUR_MS));
  pass(60_000);
  time.wall -= HOUR_MS;
  expect(cache.get(token)).toBeUndefined();
});

test('An invalid token is refused for ten seconds without asking, then checked again', () => {
  const { cache, pass, token } = create(60);
  cache.set(token, undefined);
  pass(9_999);
  expect(cache.get(token)).toBe('invalid');
  pass(1);
  expect(cache.get(token)).toBeUndefined();
});

test('A token that has become invalid is no longer known as valid, and the other way round', () => {
  const { cache, time, token } = create(60);
  cache.set(token, identity(time.wall + HOUR_MS));
  cache.set(token, undefined);
  expect([cache.get(token), cache.wasValid(token)]).toEqual(['invalid', false]);
  cache.set(token, identity(time.wall + HOUR_MS));
  expect(cache.get(token)).toMatchObject({ user: { name: 'alice' } });
});

test('With 0 seconds every request is checked', () => {
  const { cache, time, token } = create(0);
  cache.set(token, identity(time.wall + HOUR_MS));
  expect(cache.get(token)).toBeUndefined();
  cache.set(token, undefined);
  expect(cache.get(token)).toBeUndefined();
});

test('Made-up tokens push out no valid one', () => {
  const { cache, time, token } = create(60);
  cache.set(token, identity(time.wall + HOUR_MS));
  for (let at = 0; at < 20_001; at += 1) cache.set(cache.keyOf(`garbage ${at}`), undefined);
  expect(cache.get(token)).toBeDefined();
  expect(cache.get(cache.keyOf('garbage 0'))).toBeUndefined();
});

test('Valid tokens are bounded in number, and by the roles that they hold', () => {
  const { cache, time, token } = create(60);
  cache.set(token, identity(time.wall + HOUR_MS));
  const many = { ...identity(time.wall + HOUR_MS), roles: Array.from({ length: 999 }, (_, at) => `role-${at}`) };
  for (let at = 0; at < 201; at += 1) cache.set(cache.keyOf(`large ${at}`), many);
  expect(cache.get(token)).toBeUndefined();
  expect(cache.get(cache.keyOf('large 200'))).toBe(many);
});

test('A key tells nothing of its token: another process makes another one', () => {
  expect(create(60).token).not.toBe(create(60).token);
  expect(create(60).token).not.toContain('token');
});
