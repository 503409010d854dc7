// Masks the secrets of the provider check: those of the fixtures, and the signatures that it makes.
import type { Fixtures } from '../fixtures.ts';
import { replacing } from './spellings.ts';
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

/** The secrets of the fixtures. */
export function maskOf({ credentials }: Fixtures): Mask {
  const { allowed, forbidden } = credentials ?? {};
  const variants = allowed?.token === undefined ? undefined : variantsOf(allowed.token);
  const named: readonly (readonly [secret: string | undefined, variable: string])[] = [
    [variants?.shorter, '$SHORTENED_TOKEN'],
    [variants?.swapped, '$SWAPPED_TOKEN'],
    [allowed?.token, '$TOKEN'],
    [allowed?.accessKey, '$ACCESS_KEY'],
    [allowed?.secretKey, '$SECRET_KEY'],
    [forbidden?.token, '$FORBIDDEN_TOKEN'],
    [forbidden?.accessKey, '$FORBIDDEN_ACCESS_KEY'],
    [forbidden?.secretKey, '$FORBIDDEN_SECRET_KEY'],
  ];
  const secrets = named.flatMap(([secret, variable]) => (secret === undefined ? [] : [[secret, variable] as const]));
  const signatures = new Set<string>();
  const known = replacing(secrets);
  const long = replacing(secrets.filter(([secret]) => secret.length >= MIN_OUTSIDE_QUOTES));
  const mask = (text: string) =>
    known(text)
      .replace(COOKIE, '$1$$COOKIE')
      .replace(SIGNATURE, '$1$$SIGNATURE')
      .replace(DIGITS, (digits) => (signatures.has(digits.toLowerCase()) ? '$SIGNATURE' : digits));
  const prose = (text: string) =>
    text
      .split(QUOTED)
      .map((part, index) => (index % 2 === 1 ? mask(part) : long(part)))
      .join('');
  const learn = (sent: string) => {
    for (const [signature] of sent.matchAll(SIGNATURE)) signatures.add(signature.slice(-64).toLowerCase());
  };
  return Object.assign(mask, { learn, prose });
}
