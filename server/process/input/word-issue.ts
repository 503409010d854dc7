// What zod finds wrong with a file, in the words of a person who writes one. No value is quoted: it may be a secret.
import type { z } from 'zod';
import { meantBy } from './meant.ts';

type Issue = Parameters<z.core.$ZodErrorMap>[0];

const KINDS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  number: 'a number',
  object: 'a mapping',
  record: 'a mapping',
  string: 'a text',
};

/** To be given to `safeParse` as `error`. What a schema says itself has precedence. */
export function wordIssue(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue);
    case 'unrecognized_keys':
      return unknownKeys(issue.keys, keysOf(issue));
    case 'too_small':
      return issue.origin === 'array'
        ? `must have at least ${issue.minimum} ${issue.minimum === 1 ? 'entry' : 'entries'}`
        : 'must not be empty';
    case 'too_big':
      return `must have at most ${issue.maximum} ${issue.origin === 'array' ? 'entries' : 'characters'}`;
    case 'invalid_key':
      return issue.issues[0]?.message;
    default:
      return undefined;
  }
}

function wrongType(issue: Issue & { readonly code: 'invalid_type' }): string {
  const { expected, input } = issue;
  const keys = keysOf(issue);
  const withKeys = keys.length === 0 ? '' : ` with the ${keys.length === 1 ? 'key' : 'keys'} ${keys.join(', ')}`;
  const wanted = `${KINDS[expected] ?? expected}${withKeys}`;
  if (input === undefined) return `is missing: it must be ${wanted}`;
  if (input === null) return `is empty: it must be ${wanted}`;
  const found = Array.isArray(input) ? 'array' : typeof input;
  const quotes = expected === 'string' && (found === 'number' || found === 'boolean') ? '; put it in quotes' : '';
  return `must be ${wanted}, not ${KINDS[found] ?? found}${quotes}`;
}

/** An unknown key is named only if it is like a known one: it may be a secret. */
function unknownKeys(keys: readonly string[], known: readonly string[]): string {
  const found = keys.map((key) => {
    const meant = meantBy(key, known);
    return meant === undefined ? 'an unknown key' : `the unknown key ${key} (is ${meant} meant?)`;
  });
  return `has ${found.join(' and ')}; allowed are ${known.join(', ')}`;
}

/** The keys of the object that a schema wants. */
function keysOf({ inst }: Issue): string[] {
  const { shape } = (inst?._zod.def ?? {}) as { readonly shape?: object };
  return Object.keys(shape ?? {});
}
