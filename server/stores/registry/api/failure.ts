// Names for the operator every way in which a registry fails. The registry's own words are cut and never trusted.
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { StoreError, type StoreErrorKind } from '../../../store.ts';

/** Max characters of a registry's own words that reach the log. */
const MAX_QUOTE = 200;

/** An answer of a registry, with its whole body. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A StoreError that says whether a retry may help. */
export class RegistryFailure extends StoreError {
  /** Whether the same request may succeed if it is sent again. */
  readonly isTransient: boolean;
  /** The pause in milliseconds that the registry asked for; 0 if it did not. */
  readonly retryAfterMs: number;

  constructor(
    kind: StoreErrorKind,
    message: string,
    options: { isTransient?: boolean; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(kind, message, options.cause === undefined ? undefined : { cause: options.cause });
    this.isTransient = options.isTransient ?? false;
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

// OCI distribution specification, "Error codes".
const errorBody = z.object({
  errors: z
    .array(z.object({ code: z.string(), message: z.string().optional(), detail: z.unknown().optional() }))
    .min(1),
});

/** An error in the form of the OCI distribution specification. */
export type RegistryError = z.infer<typeof errorBody>['errors'][number];

/** @returns the first error of the body, or undefined if the body is not a registry's */
export function registryError({ body }: Answer): RegistryError | undefined {
  try {
    return errorBody.parse(JSON.parse(body.toString('utf8'))).errors[0];
  } catch {
    return undefined;
  }
}

/** The failure that a status stands for, if the request gives it no meaning of its own. */
export function failureOf(what: string, answer: Answer): RegistryFailure {
  const { status, headers } = answer;
  const said = `${what}: the registry answered ${status}${quote(answer)}`;
  if (status === 401 || status === 403) return new RegistryFailure('unauthorized', said);
  const passing = { isTransient: true, retryAfterMs: retryAfterMs(headers) };
  if (status === 429) return new RegistryFailure('throttled', said, passing);
  if (status >= 500) return new RegistryFailure('unavailable', said, passing);
  if (status === 405) return new RegistryFailure(isReadOnly(answer) ? 'read-only' : 'deletion-disabled', said);
  if (status >= 300 && status < 400) {
    const to = JSON.stringify(String(headers.location ?? '').slice(0, MAX_QUOTE));
    return new RegistryFailure(
      'not-understood',
      `${said}, a redirect to ${to}; only GETs within the registry follow one`,
    );
  }
  return new RegistryFailure('not-understood', said);
}

/** RFC 9110 §10.2.3; only the form in seconds is read. */
function retryAfterMs(headers: IncomingHttpHeaders): number {
  const text = headers['retry-after'] ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) * 1000 : 0;
}

/**
 * In read-only mode docker-registry allows GET and HEAD only, and its 405 has no registry error in the body. With
 * deletion switched off its error is UNSUPPORTED.
 */
function isReadOnly(answer: Answer): boolean {
  return registryError(answer) === undefined && !/DELETE|PUT/i.test(answer.headers.allow ?? '');
}

function quote(answer: Answer): string {
  const error = registryError(answer);
  if (error === undefined) return '';
  // JSON.stringify escapes control characters.
  return ` ${JSON.stringify(`${error.code}: ${error.message ?? ''}`.slice(0, MAX_QUOTE))}`;
}

/** The failure of a registry that breaks the specification, or hides a missing right. */
export function notUnderstood(repository: string, why: string): RegistryFailure {
  return new RegistryFailure('not-understood', `${repository}: ${why}`);
}

/** @throws any error that is not a store's failure: it is a defect */
export function asStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  throw error;
}
