// Reads the requested answer from `Prefer: code=404, example=tag-not-found` (RFC 7240), in the syntax of Prism.
import { Failure } from '../../server/http/reply/failures.ts';
import type { Declared } from '../engine/engine.ts';

/** An answer that the contract declares. */
export interface Preferred {
  readonly status: number;
  /** Name of the example. Undefined for a success. */
  readonly example: string | undefined;
}

/** Preferences of Prism and of RFC 7240. Any other is most likely misspelt; ignoring it would return a silent 204. */
const KNOWN = new Set(['code', 'example', 'dynamic', 'respond-async', 'return', 'wait', 'handling']);

/** Max characters of the caller's value that an error quotes. */
const QUOTED_LENGTH = 64;

/**
 * The answer that the header requests. Other registered preferences are ignored (RFC 7240, section 2).
 * @returns undefined if the header requests no answer
 * @throws Failure `malformed-request` that lists the valid values
 */
export function preferredAnswer(header: string | undefined, declared: Declared): Preferred | undefined {
  const { code, example, dynamic, unknown } = header === undefined ? {} : preferencesIn(header);
  if (unknown !== undefined) {
    throw refusal(unknown, '', 'is not a known preference; use code=<status> and example=<name>');
  }
  if (dynamic !== undefined && dynamic !== 'false') {
    throw refusal('dynamic', dynamic, 'is not supported: every answer is an example of the contract');
  }
  if (code === undefined && example === undefined) return undefined;
  const status = code === undefined ? undefined : declared.statuses.find((one) => String(one) === code);
  if (code !== undefined && status === undefined) {
    throw refusal('code', code, `is not a declared status; valid are ${declared.statuses.join(', ')}`);
  }
  const candidates = [...declared.examples].filter(([, one]) => status === undefined || status === one);
  if (example === undefined) return { status: status as number, example: candidates[0]?.[0] };
  const [, statusOfExample] = candidates.find(([name]) => name === example) ?? [];
  if (statusOfExample === undefined) {
    const names = candidates.map(([name]) => name).join(', ');
    if (names === '') throw refusal('example', example, `cannot be sent: ${status} has no examples; leave example out`);
    throw refusal('example', example, `is not an example of ${status ?? 'the operation'}; valid are ${names}`);
  }
  return { status: statusOfExample, example };
}

function refusal(name: string, value: string, why: string): Failure {
  return new Failure('malformed-request', { detail: `Prefer: ${name}=${value.slice(0, QUOTED_LENGTH)} ${why}` });
}

/** If a preference comes twice, the first one counts (RFC 7240, section 2). */
function preferencesIn(
  header: string,
): Readonly<Record<'code' | 'example' | 'dynamic' | 'unknown', string | undefined>> {
  const preferences = new Map<string, string>();
  for (const [, name = '', quoted, plain] of header.matchAll(/([^\s=,;"]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,;"]*)))?/g)) {
    const key = name.toLowerCase();
    if (!preferences.has(key)) preferences.set(key, quoted ?? plain ?? '');
  }
  return {
    code: preferences.get('code'),
    example: preferences.get('example'),
    dynamic: preferences.get('dynamic'),
    unknown: [...preferences.keys()].find((name) => !KNOWN.has(name)),
  };
}
