// Credential headers: tokens and signatures, both right and wrong ones.
import { EMPTY_BODY_HASH } from '../../../signature/canonical-request.ts';
import { type AccessKeyPair, ALGORITHM, DATE_HEADER, formatDate, signatureOf } from '../../../signature/sign.ts';
import type { HeaderLine } from '../../wire/messages.ts';
import type { ProviderClock } from '../send/clock.ts';
import type { Credentials } from '../send/request.ts';

export const nobody: Credentials = () => [];

/** In place of credentials that the fixtures lack. */
export const notGiven: Credentials = () => [];

export function withToken(header: string, ...tokens: string[]): Credentials {
  return () => tokens.map((token) => [header, token]);
}

/** Credentials of both. */
export function together(...all: readonly Credentials[]): Credentials {
  return (method, target) => all.flatMap((one) => one(method, target));
}

/** Whose keys sign, and in which header. */
export interface Signer {
  readonly header: string;
  readonly host: string;
  readonly keys: AccessKeyPair;
  readonly clock: ProviderClock;
}

/** What may be wrong with a signature. */
export interface Flaws {
  /** The date that is signed, away from now, in seconds. */
  readonly skewSeconds?: number;
  /** The date that is sent. */
  readonly sentDate?: string;
  /** Of the date that is sent, in seconds. */
  readonly sentSkewSeconds?: number;
  /** In place of host and date. */
  readonly signedHeaders?: readonly string[];
  /** In place of the request's own. */
  readonly target?: string;
  readonly method?: string;
  /** Changes the signature, of hexadecimal digits. */
  readonly alter?: (signature: string) => string;
}

/** A request signed by SDK-HMAC-SHA256, with the given flaw if there is one. */
export function signed({ header, host, keys, clock }: Signer, flaws: Flaws = {}): Credentials {
  return (method, target) => {
    // Once: between two looks at the clock a second may begin.
    const now = clock.now();
    const dateAt = (skewSeconds: number) => formatDate(new Date(now + skewSeconds * 1000));
    const { skewSeconds = 0, sentSkewSeconds = skewSeconds } = flaws;
    const date = dateAt(skewSeconds);
    const values: Readonly<Record<string, string>> = { host, [DATE_HEADER]: date };
    const names = flaws.signedHeaders ?? Object.keys(values);
    const request = {
      method: flaws.method ?? method,
      target: flaws.target ?? target,
      headers: Object.fromEntries(names.map((name) => [name, values[name] ?? ''])),
      bodyHash: EMPTY_BODY_HASH,
    };
    const path = isDecodable(request.target) ? ('decoded' as const) : ('raw' as const);
    const signature = signatureOf({ ...request, path }, date, keys.secretKey);
    const altered = flaws.alter?.(signature) ?? signature;
    const authorization = `${ALGORITHM} Access=${keys.accessKey}, SignedHeaders=${names.join(';')}, Signature=${altered}`;
    return [
      [DATE_HEADER, flaws.sentDate ?? dateAt(sentSkewSeconds)],
      [header, authorization],
    ] satisfies HeaderLine[];
  };
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
