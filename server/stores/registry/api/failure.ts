// Every way in which a registry fails, named for the operator. What a registry says is cut and never trusted.
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { StoreError, type StoreErrorKind } from '../../../store.ts';

/** So many characters of a registry's own words reach the log. */
const MAX_QUOTE = 200;

/** An answer of a registry, its body read to the end. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A StoreError that may be gone a moment later. */
export class RegistryFailure extends StoreError {
  /** Whether the same request may succeed when it is sent again. */
  readonly isTransient: boolean;
  /** Milliseconds that the registry asked for, where it did. */
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

/** An error as the OCI distribution specification has it. */
export type RegistryError = z.infer<typeof errorBody>['errors'][number];

/** @returns the first error of the body, or undefined where it is none of a registry */
export function registryError({ body }: Answer): RegistryError | undefined {
  try {
    return errorBody.parse(JSON.parse(body.toString('utf8'))).errors[0];
  } catch {
    return undefined;
  }
}

/** The failure that a status stands for, where the request's own meaning of it is not asked for. */
export function failureOf(what: string, answer: Answer): RegistryFailure {
  const { status, headers } = answer;
  const said = `${what}: the registry answered ${status}${quote(answer)}`;
  if (status === 401 || status === 403) return new RegistryFailure('unauthorized', said);
  const passing = { isTransient: true, retryAfterMs: retryAfterMs(headers) };
  if (status === 429) return new RegistryFailure('throttled', said, passing);
  if (status >= 500) return new RegistryFailure('unavailable', said, passing);
  if (status === 405) return new RegistryFailure(isReadOnly(answer) ? 'read-only' : 'deletion-disabled', said);
  if (status >= 300 && status < 400) {
    return new RegistryFailure('not-understood', `${said}; redirects are followed when reading only`);
  }
  return new RegistryFailure('not-understood', said);
}

/** RFC 9110 §10.2.3, of its two forms the seconds. */
function retryAfterMs(headers: IncomingHttpHeaders): number {
  const text = headers['retry-after'] ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) * 1000 : 0;
}

/**
 * docker-registry in read-only mode serves GET and HEAD alone and says so, without a body of a registry's error;
 * with deletion switched off it says UNSUPPORTED.
 */
function isReadOnly(answer: Answer): boolean {
  return registryError(answer) === undefined && !/DELETE|PUT/i.test(answer.headers.allow ?? '');
}

function quote(answer: Answer): string {
  const error = registryError(answer);
  if (error === undefined) return '';
  // JSON.stringify makes control characters harmless.
  return ` ${JSON.stringify(`${error.code}: ${error.message ?? ''}`.slice(0, MAX_QUOTE))}`;
}

/** Of a registry that does not keep to the specification, or hides something behind it. */
export function notUnderstood(repository: string, why: string): RegistryFailure {
  return new RegistryFailure('not-understood', `${repository}: ${why}`);
}

/** @throws what is no failure of a store: a defect */
export function asStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  throw error;
}
