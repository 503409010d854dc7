// `Prefer: code=404, example=tag-not-found` (RFC 7240): the answer that a caller asks for, as Prism understands it.
import { Failure } from '../server/http/reply/failures.ts';
import type { Declared } from './engine.ts';

/** An answer of the contract. */
export interface Preferred {
  readonly status: number;
  /** A success has none. */
  readonly example: string | undefined;
}

/** Prism's, and those that RFC 7240 registers. Another one is most likely misspelt, and would be answered 204. */
const KNOWN = new Set(['code', 'example', 'dynamic', 'respond-async', 'return', 'wait', 'handling']);

/** What a caller wrote is quoted up to so many characters. */
const QUOTED_LENGTH = 64;

/**
 * The answer that the header asks for. Registered preferences of other kinds are ignored, as RFC 7240 has it (section 2).
 * @returns undefined where it asks for none
 * @throws Failure `malformed-request` that names what can be asked for
 */
export function preferredAnswer(header: string | undefined, declared: Declared): Preferred | undefined {
  const { code, example, dynamic, unknown } = header === undefined ? {} : preferencesIn(header);
  if (unknown !== undefined) {
    throw refusal(unknown, '', 'is no preference; there are code=<status> and example=<name>');
  }
  if (dynamic !== undefined && dynamic !== 'false') {
    throw refusal('dynamic', dynamic, 'is not offered: every answer is an example of the contract');
  }
  if (code === undefined && example === undefined) return undefined;
  const status = code === undefined ? undefined : declared.statuses.find((one) => String(one) === code);
  if (code !== undefined && status === undefined) {
    throw refusal('code', code, `is not declared; there are ${declared.statuses.join(', ')}`);
  }
  const candidates = [...declared.examples].filter(([, one]) => status === undefined || status === one);
  if (example === undefined) return { status: status as number, example: candidates[0]?.[0] };
  const [, statusOfExample] = candidates.find(([name]) => name === example) ?? [];
  if (statusOfExample === undefined) {
    const names = candidates.map(([name]) => name).join(', ') || 'none';
    throw refusal('example', example, `is no example of ${status ?? 'the operation'}; there are ${names}`);
  }
  return { status: statusOfExample, example };
}

function refusal(name: string, value: string, why: string): Failure {
  return new Failure('malformed-request', { detail: `Prefer: ${name}=${value.slice(0, QUOTED_LENGTH)} ${why}` });
}

/** Of a preference that comes twice the first counts (RFC 7240, section 2). */
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
