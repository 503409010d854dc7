import { afterAll, describe, expect, test } from 'vitest';
import { createCallerOfIdentity } from '../../../../../server/http/auth/iam/iam-callers.ts';
import { readIdentity } from '../../../../../server/http/auth/iam/identity.ts';
import { matches, type Selector, selectorSchema } from '../../../../../server/http/auth/iam/selectors.ts';
import { validToken } from '../../../../support/scripted-iam.ts';

const of = (more: object = {}) => {
  const identity = readIdentity(JSON.stringify(validToken(60, more)));
  if (identity === undefined) throw new Error('no identity');
  return { ...identity, iamRequestId: undefined };
};

const other = { id: 'other', name: 'Other' };
const alice = { id: 'a11ce', name: 'alice' };
const unscoped = { project: undefined, roles: undefined };

describe('A selector means a caller', () => {
  test.each<[boolean, string, Selector, object]>([
    [true, 'of its project', { domain: 'Default', project: 'group' }, {}],
    [false, 'not of another project', { domain: 'Default', project: 'groups' }, {}],
    [
      false,
      'not of a project of that name in another domain',
      { domain: 'Default', project: 'group' },
      { project: { id: 'x', name: 'group', domain: other } },
    ],
    [false, 'not of a project of another case', { domain: 'Default', project: 'Group' }, {}],
    [true, 'of its project’s id', { projectId: 'beef' }, {}],
    [false, 'not of another project’s id', { projectId: 'bee' }, {}],
    [true, 'of its name', { domain: 'Default', user: 'alice' }, {}],
    [
      false,
      'not of its name in another domain',
      { domain: 'Default', user: 'alice' },
      { user: { ...alice, domain: other } },
    ],
    [true, 'of its id, whatever its scope', { userId: 'a11ce' }, unscoped],
    [false, 'not of another id', { userId: 'b0b' }, {}],
    [true, 'of its project’s domain', { domain: 'Default' }, {}],
    [
      true,
      'of the domain of its token',
      { domain: 'Other', roles: ['swr_admin'] },
      { project: undefined, domain: other },
    ],
    [
      false,
      'not by the user’s own domain: roles were given elsewhere',
      { domain: 'Default', roles: ['swr_admin'] },
      { project: { id: 'x', name: 'x', domain: other } },
    ],
    [true, 'with one of its roles', { projectId: 'beef', roles: ['none', 'swr_admin'] }, {}],
    [false, 'not without any of its roles', { projectId: 'beef', roles: ['none', 'SWR_ADMIN'] }, {}],
    [false, 'not if one of several keys differs', { userId: 'b0b', projectId: 'beef' }, {}],
    [false, 'not by a project if the token is unscoped', { domain: 'Default', project: 'group' }, unscoped],
    [false, 'not by a domain if the token is unscoped', { domain: 'Default' }, unscoped],
    [false, 'not by an id if the token is unscoped', { projectId: 'beef' }, unscoped],
  ])('%s: %s', (isMeant, _, selector, more) => {
    expect(matches(selectorSchema.parse(selector), of(more))).toBe(isMeant);
  });
});

test.each([
  ['nothing', {}],
  ['roles alone', { roles: ['swr_admin'] }],
  ['a project without its domain', { project: 'group' }],
  ['a user without its domain', { user: 'alice' }],
  ['roles of a user, whatever the place', { userId: 'a11ce', roles: ['swr_admin'] }],
  ['roles of a named user, whatever the place', { domain: 'Default', user: 'alice', roles: ['swr_admin'] }],
  ['no roles', { projectId: 'beef', roles: [] }],
  ['an unknown key', { projectId: 'beef', role: 'swr_admin' }],
])('A selector of %s is refused at the start', (_, selector) => {
  expect(selectorSchema.safeParse(selector).success).toBe(false);
});

test('A caller that several entries mean may delete in the namespaces of all of them', () => {
  const callerOf = createCallerOfIdentity([
    { name: 'a', iam: { projectId: 'beef' }, namespaces: ['group'] },
    { name: 'b', iam: { userId: 'a11ce' }, namespaces: ['team-*'] },
    { name: 'c', iam: { userId: 'b0b' }, namespaces: ['*'] },
    { name: 'd', tokenSha256: '0'.repeat(64), namespaces: ['*'] },
  ]);
  expect(callerOf(of())).toMatchObject({ name: 'alice@Default', namespaces: ['group', 'team-*'] });
});

describe('The end of a token', () => {
  const zone = process.env['TZ'];
  afterAll(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  test.each(['2026-11-27T00:45:06.000000Z', '2026-11-27T00:45:06.000000', '2026-11-27T00:45:06Z'])(
    '%s is UTC, also on a machine in Berlin',
    (time) => {
      process.env['TZ'] = 'Europe/Berlin';
      expect(of({ expires_at: time }).expiresAt).toBe(Date.UTC(2026, 10, 27, 0, 45, 6));
    },
  );
});
