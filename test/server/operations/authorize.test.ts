import { describe, expect, test } from 'vitest';
import type { Failure } from '../../../server/http/reply/failures.ts';
import { createAuthorize } from '../../../server/operations/authorize.ts';

/** The kind of the refusal; undefined where the delete is allowed. */
function refusal(
  namespaces: readonly string[],
  namespace: string,
  protectedTags?: RegExp,
  tag = 'v1',
): string | undefined {
  try {
    createAuthorize(protectedTags)({ name: 'p', namespaces: [...namespaces] }, { namespace, repository: 'app', tag });
    return undefined;
  } catch (error) {
    return (error as Failure).kind;
  }
}

describe('A principal may delete in an organization if one of its patterns matches the whole name', () => {
  test.each([
    ['other', 'other'],
    ['*', 'anything'],
    ['team-*', 'team-a'],
    ['team-*', 'team-'],
    ['*-prod', 'a-prod'],
    ['a*c', 'ac'],
    ['a*b*c', 'axxbyyc'],
    ['a**c', 'abc'],
    ['*a*', 'bab'],
  ])('%s allows %s', (pattern, namespace) => {
    expect(refusal([pattern], namespace)).toBeUndefined();
  });

  test.each([
    ['other', 'others'],
    ['other', 'another'],
    ['team-*', 'xteam-a'],
    ['team-*', 'team'],
    ['*-prod', 'a-prod-x'],
    ['a.b', 'axb'],
    ['a*a', 'a'],
    ['ab*ba', 'aba'],
    ['a*b*c', 'acb'],
    ['a*bc*c', 'abc'],
  ])('%s does not allow %s', (pattern, namespace) => {
    expect(refusal([pattern], namespace)).toBe('namespace-not-permitted');
  });

  test('One of several patterns is enough, and without patterns nothing is allowed', () => {
    expect(refusal(['a', 'b'], 'b')).toBeUndefined();
    expect(refusal([], 'b')).toBe('namespace-not-permitted');
  });

  test('A pattern with many stars holds nobody up', () => {
    const startedAt = process.cpuUsage().user;
    for (let count = 0; count < 1_000; count += 1) refusal([`${'*-'.repeat(30)}x`], '-'.repeat(63));
    // Backtracking would take hours; the limit is far from both.
    expect(process.cpuUsage().user - startedAt).toBeLessThan(10_000_000);
  });
});

describe('PROTECTED_TAGS protects a tag if it matches the whole tag', () => {
  test.each([
    [/release/, 'release', 'tag-protected'],
    [/release/, 'prerelease', undefined],
    [/release/, 'release-1', undefined],
    [/a|b/, 'b', 'tag-protected'],
    [/a|b/, 'ab', undefined],
    [/v\d+/, 'v12', 'tag-protected'],
  ])('%s for the tag %s', (pattern, tag, expected) => {
    expect(refusal(['*'], 'group', pattern, tag)).toBe(expected);
  });

  test('A caller without a right in the organization does not learn which tags are protected', () => {
    expect(refusal(['other'], 'group', /v1/, 'v1')).toBe('namespace-not-permitted');
  });
});
