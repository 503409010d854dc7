import type { Fixtures } from '../../fixtures.ts';
import { variantsOf } from './token-variants.ts';

/** Takes secrets out of a text: each becomes the name of a shell variable. */
export interface Mask {
  (text: string): string;
  /** The same for a sentence of the check: in quotes everything is masked, elsewhere only what no sentence could hold. */
  prose(text: string): string;
  /** Signatures can be sent again for some minutes: those in what is sent are masked from now on, wherever they stand. */
  learn(sent: string): void;
}

/** A secret of fewer characters may be a part of a word of the check's own. */
const MIN_OUTSIDE_QUOTES = 12;

/** A session that a provider hands out is as secret as the caller's credentials. */
const COOKIE = /^(set-cookie:\s*[^=;\s]+=)[^;\r\n]*/gim;
const QUOTED = /("(?:[^"\\]|\\.)*")/s;
const SIGNATURE = /(Signature=)[0-9a-f]{64}/gi;
const DIGITS = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/gi;

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** The secrets of the fixtures, longest first: one may be a part of another. */
export function maskOf({ credentials }: Fixtures): Mask {
  const { allowed, forbidden } = credentials ?? {};
  const variants = allowed?.token === undefined ? undefined : variantsOf(allowed.token);
  const secrets = [
    [variants?.shorter, '$SHORTENED_TOKEN'],
    [variants?.swapped, '$SWAPPED_TOKEN'],
    [allowed?.token, '$TOKEN'],
    [allowed?.accessKey, '$ACCESS_KEY'],
    [allowed?.secretKey, '$SECRET_KEY'],
    [forbidden?.token, '$FORBIDDEN_TOKEN'],
    [forbidden?.accessKey, '$FORBIDDEN_ACCESS_KEY'],
    [forbidden?.secretKey, '$FORBIDDEN_SECRET_KEY'],
  ] as const;
  const spellings = secrets
    .flatMap(([secret, variable]) =>
      secret === undefined
        ? []
        : [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)].map(
            (one) => [one, variable] as const,
          ),
    )
    .toSorted(([a], [b]) => b.length - a.length);
  const signatures = new Set<string>();
  // In one pass: a replacement is not searched for other secrets.
  const anyOf = (some: readonly string[]) => new RegExp(some.map(escaped).join('|') || '(?!)', 'g');
  const known = anyOf(spellings.map(([secret]) => secret));
  const long = anyOf(spellings.flatMap(([secret]) => (secret.length < MIN_OUTSIDE_QUOTES ? [] : [secret])));
  const variables = new Map(spellings);
  const mask = (text: string) =>
    text
      .replace(known, (secret) => variables.get(secret) ?? secret)
      .replace(COOKIE, '$1$$COOKIE')
      .replace(SIGNATURE, '$1$$SIGNATURE')
      .replace(DIGITS, (digits) => (signatures.has(digits.toLowerCase()) ? '$SIGNATURE' : digits));
  const prose = (text: string) =>
    text
      .split(QUOTED)
      .map((part, index) =>
        index % 2 === 1 ? mask(part) : part.replace(long, (secret) => variables.get(secret) ?? secret),
      )
      .join('');
  const learn = (sent: string) => {
    for (const [signature] of sent.matchAll(SIGNATURE)) signatures.add(signature.slice(-64).toLowerCase());
  };
  return Object.assign(mask, { learn, prose });
}
