// SDK-HMAC-SHA256 from both ends: the headers that a client sends, and the parts that a server checks.
import { createHmac } from 'node:crypto';
import { canonicalRequest, EMPTY_BODY_HASH, type SignedRequest, sha256 } from './canonical-request.ts';

export const ALGORITHM = 'SDK-HMAC-SHA256';
export const DATE_HEADER = 'x-sdk-date';
/** Its value replaces the body's hash. */
export const BODY_HASH_HEADER = 'x-sdk-content-sha256';

/** An access key (AK) and its secret key (SK). */
export interface AccessKeyPair {
  readonly accessKey: string;
  readonly secretKey: string;
}

/** The parts of the Authorization header. */
export interface Authorization {
  readonly accessKey: string;
  /** In lower case. */
  readonly signedHeaders: readonly string[];
  /** Hexadecimal digits. */
  readonly signature: string;
}

/**
 * The signature of a request, in hexadecimal digits.
 * @param date the value of X-Sdk-Date
 * @throws URIError if the target has a malformed percent-encoding
 */
export function signatureOf(request: SignedRequest, date: string, secretKey: string): string {
  const stringToSign = [ALGORITHM, date, sha256(canonicalRequest(request))].join('\n');
  return createHmac('sha256', secretKey).update(stringToSign).digest('hex');
}

/** The headers that sign a request without a body. They cover host and date, and nothing that a proxy may change. */
export function signingHeaders(
  method: string,
  url: URL,
  { accessKey, secretKey }: AccessKeyPair,
  now: Date,
): Record<string, string> {
  const date = formatDate(now);
  const headers = { host: url.host, [DATE_HEADER]: date };
  const signature = signatureOf(
    { method, target: url.pathname + url.search, headers, bodyHash: EMPTY_BODY_HASH },
    date,
    secretKey,
  );
  return {
    [DATE_HEADER]: date,
    authorization: `${ALGORITHM} Access=${accessKey}, SignedHeaders=${Object.keys(headers).join(';')}, Signature=${signature}`,
  };
}

const AUTHORIZATION = new RegExp(
  `^${ALGORITHM} +Access=(?<accessKey>[^,\\s]{1,128}), *SignedHeaders=(?<signedHeaders>[A-Za-z0-9_.;-]{1,2048}), *Signature=(?<signature>[0-9a-fA-F]{64})$`,
);

/** @returns undefined if the header does not have the algorithm's form */
export function parseAuthorization(value: string): Authorization | undefined {
  const { accessKey, signedHeaders, signature } = AUTHORIZATION.exec(value)?.groups ?? {};
  if (accessKey === undefined || signedHeaders === undefined || signature === undefined) return undefined;
  return { accessKey, signedHeaders: signedHeaders.toLowerCase().split(';'), signature: signature.toLowerCase() };
}

/** Formats a date as X-Sdk-Date: `YYYYMMDDTHHMMSSZ`. */
export function formatDate(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, '');
}

/** @returns undefined if the text is not a date of the form `YYYYMMDDTHHMMSSZ` */
export function parseDate(text: string): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // For a day that does not exist, such as 31 February, `Date` may move to the next month: then it formats differently.
  return Number.isNaN(date.getTime()) || formatDate(date) !== text ? undefined : date;
}
