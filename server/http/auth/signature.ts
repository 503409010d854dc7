// SDK-HMAC-SHA256, the second way to authenticate.
import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { requestSignature } from '../../../generated/contract.ts';
import { type SignedRequest, sha256 } from '../../../signature/canonical-request.ts';
import { BODY_HASH_HEADER, DATE_HEADER, parseAuthorization, parseDate, signatureOf } from '../../../signature/sign.ts';
import type { Principal } from '../principals.ts';

/** What a signature covers, as it was sent. */
interface SignedParts {
  readonly authorization: string;
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Why a signature is not accepted: the name of the contract's example. */
type SignatureFailure =
  | 'malformed-authorization'
  | 'unsigned-date'
  | 'absent-signed-header'
  | 'expired-signature'
  | 'bad-signature';

/** Finds the principal that signed the request. An unknown access key and a wrong signature get the same answer. */
export type SignatureVerifier = (parts: SignedParts) => Principal | SignatureFailure;

/** Stands in for the secret of an unknown access key, so that its answer takes as long as that of a known one. */
const NO_SECRET_KEY = 'no secret key';
const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

/** A signature that is right as far as can be told without the secret key. */
interface ReadSignature {
  readonly accessKey: string;
  /** Hexadecimal digits. */
  readonly signature: string;
  /** The value of X-Sdk-Date. */
  readonly date: string;
  /** What the signature covers. */
  readonly request: SignedRequest;
}

/** Checks a signature's form, date and body hash. Whose it is and whether it is right is checked later. */
export function readSignature(
  { authorization, method, target, headers, body }: SignedParts,
  now: Date,
): ReadSignature | SignatureFailure {
  const parsed = parseAuthorization(authorization);
  const date = text(headers[DATE_HEADER]);
  const signedAt = parseDate(date ?? '');
  if (parsed === undefined) return 'malformed-authorization';
  if (!parsed.signedHeaders.includes(DATE_HEADER)) return 'unsigned-date';
  // The caller chooses the names: `constructor` is not a header of the request.
  if (!parsed.signedHeaders.every((name) => Object.hasOwn(headers, name))) return 'absent-signed-header';
  const signed = parsed.signedHeaders.map((name) => [name, text(headers[name]) ?? ''] as const);
  if (date === undefined || signedAt === undefined) return 'malformed-authorization';
  if (Math.abs(now.getTime() - signedAt.getTime()) > requestSignature.maxClockSkewSeconds * 1000) {
    return 'expired-signature';
  }
  const announced = text(headers[BODY_HASH_HEADER]);
  const bodyHash = sha256(body);
  if (announced !== undefined && announced !== UNSIGNED_PAYLOAD && announced.toLowerCase() !== bodyHash) {
    return 'bad-signature';
  }
  const request = { method, target, headers: Object.fromEntries(signed), bodyHash: announced ?? bodyHash };
  return { accessKey: parsed.accessKey, signature: parsed.signature, date, request };
}

/** @param now the server's clock */
export function createSignatureVerifier(
  principals: readonly Principal[],
  now: () => Date = () => new Date(),
): SignatureVerifier {
  const known = new Map(principals.flatMap((one) => (one.accessKey === undefined ? [] : [[one.accessKey, one]])));
  return (parts) => {
    const read = readSignature(parts, now());
    if (typeof read === 'string') return read;
    const principal = known.get(read.accessKey);
    const expected = expectedSignatures(read.request, read.date, principal?.secretKey ?? NO_SECRET_KEY);
    const given = Buffer.from(read.signature);
    const isRight = expected.filter((one) => timingSafeEqual(Buffer.from(one), given)).length > 0;
    return principal !== undefined && isRight ? principal : 'bad-signature';
  };
}

/**
 * The signatures that are right. A path with escapes has several, because signers disagree on whether and when to decode
 * it; for the names that the contract allows all mean the same path. A `%2F` is in no such name: its request gets as far
 * as the 400 that says so. A target that cannot be decoded has none.
 */
function expectedSignatures(request: SignedRequest, date: string, secretKey: string): string[] {
  const paths = request.target.includes('%') ? (['decoded', 'raw', 'decoded-first'] as const) : (['decoded'] as const);
  try {
    return paths.map((path) => signatureOf({ ...request, path }, date, secretKey));
  } catch (error) {
    if (error instanceof URIError) return [];
    throw error;
  }
}

function text(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}
