// Scenarios without headers: a tag that begins with `mock-` says what it is answered with.
import { Failure } from '../server/http/reply/failures.ts';
import type { Declared } from './engine.ts';

const PREFIX = 'mock-';

/** The longest delay, in milliseconds. */
const MAX_DELAY_MS = 60_000;
const MAX_FAILURES = 999;

/** What goes wrong on purpose. */
export type Fault =
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'reset' }
  | { readonly kind: 'truncate' }
  | { readonly kind: 'flaky'; readonly failures: number };

export type Scenario = { readonly kind: 'example'; readonly example: string; readonly status: number } | Fault;

/**
 * The scenario that a tag names: `mock-<example name>` for every example of the operation, and the faults.
 * @param areFaultsOn whether the faults count
 * @returns undefined where the tag names none
 * @throws Failure `malformed-request` that names the scenarios where the tag looks like one and is none: a misspelt
 *   one would be answered 204
 */
export function scenarioOf(tag: string, declared: Declared, areFaultsOn: boolean): Scenario | undefined {
  if (!tag.startsWith(PREFIX)) return undefined;
  const name = tag.slice(PREFIX.length);
  const status = declared.examples.get(name);
  if (status !== undefined) return { kind: 'example', example: name, status };
  const fault = faultOf(name);
  if (fault !== undefined && areFaultsOn) return fault;
  const detail =
    fault === undefined
      ? `the tag ${tag} is no scenario; there are ${scenarioNames(declared).join(', ')}`
      : `the tag ${tag} is a fault, which the mock makes only when it is started with --faults`;
  throw new Failure('malformed-request', { detail });
}

function faultOf(name: string): Fault | undefined {
  if (name === 'reset' || name === 'truncate') return { kind: name };
  const [, kind, digits] = /^(delay|flaky)-(\d{1,6})$/.exec(name) ?? [];
  const number = Number(digits);
  if (kind === 'delay' && number <= MAX_DELAY_MS) return { kind, ms: number };
  if (kind === 'flaky' && number <= MAX_FAILURES) return { kind, failures: number };
  return undefined;
}

function scenarioNames({ examples }: Declared): string[] {
  const faults = [`delay-<ms, up to ${MAX_DELAY_MS}>`, 'reset', 'truncate', `flaky-<times, up to ${MAX_FAILURES}>`];
  return [...examples.keys(), ...faults].map((name) => `${PREFIX}${name}`);
}
