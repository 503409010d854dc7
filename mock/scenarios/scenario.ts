// Scenarios without headers: a tag that starts with `mock-` names its answer.
import { Failure } from '../../server/http/reply/failures.ts';
import type { Declared } from '../engine/engine.ts';

const PREFIX = 'mock-';

/** Max delay that a tag can request, in milliseconds. */
const MAX_DELAY_MS = 60_000;
/** Max failures that a `mock-flaky-` tag can request. */
const MAX_FAILURES = 999;

/** A fault that the mock causes on request. */
export type Fault =
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'reset' }
  | { readonly kind: 'truncate' }
  | { readonly kind: 'flaky'; readonly failures: number };

export type Scenario = { readonly kind: 'example'; readonly example: string; readonly status: number } | Fault;

/**
 * Finds the scenario that a tag names: `mock-<example name>` for every example of the operation, or a fault.
 * @param areFaultsOn whether faults are enabled
 * @returns undefined if the tag does not start with `mock-`
 * @throws Failure `malformed-request` with the list of valid scenarios if the tag names none; a misspelt scenario would
 *   otherwise return a silent 204
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
      ? `the tag ${tag} is not a scenario; valid are ${scenarioNames(declared).join(', ')}`
      : `the tag ${tag} is a fault; start the mock with --faults to enable it`;
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
