// Who the caller is: the contract's two security schemes, as handlers for express-openapi-validator.
import type { Request } from 'express';
import { authToken } from '../../../generated/contract.ts';
import { ALGORITHM } from '../../../signature/sign.ts';
import { contextOf } from '../context.ts';
import { countHeaders } from '../message.ts';
import type { Caller } from '../principals.ts';
import { Failure, type FailureName, failureOf } from '../reply/failures.ts';
import type { SignatureVerifier } from './signature.ts';

/** The ways to recognize a caller. */
export interface Authenticators {
  /** @throws Failure if it cannot be told whether the token is valid */
  readonly principalOfToken: (token: string) => Caller | undefined | Promise<Caller | undefined>;
  readonly verifySignature: SignatureVerifier;
}

/** Whether one scheme authenticates the request. Never throws: the validator would answer with the error's message. */
export type SecurityHandler = (request: Request) => boolean | Promise<boolean>;

const tokenHeader = authToken.header.toLowerCase();

/** What a signature by a temporary access key comes with; only the identity service could open it. */
const TEMPORARY_HEADER = 'x-security-token';

/** A handler for each security scheme, by the scheme's name in the contract; one of them is enough. */
export function securityHandlers({
  principalOfToken,
  verifySignature,
}: Authenticators): Record<'AuthToken' | 'RequestSignature', SecurityHandler> {
  return {
    AuthToken: handler((request) => {
      if (signatureOf(request) !== undefined) return 'ambiguous-credentials';
      const token = request.headers[tokenHeader];
      if (typeof token !== 'string' || token.length > authToken.maxLength) return 'unknown-token';
      // node:http joins two such headers into a value that may be a valid token.
      if (countHeaders(request, tokenHeader) !== 1) return 'unknown-token';
      const caller = principalOfToken(token);
      if (caller instanceof Promise) return caller.then((known) => known ?? 'unknown-token');
      return caller ?? 'unknown-token';
    }),
    RequestSignature: handler((request, body) => {
      const authorization = signatureOf(request);
      if (authorization === undefined) return 'missing-credentials';
      if (request.headers[tokenHeader]) return 'ambiguous-credentials';
      if (request.headers[TEMPORARY_HEADER] !== undefined) return 'temporary-access-key';
      return verifySignature({ ...partsOf(request), authorization, body });
    }),
  };
}

/** The Authorization header if it is of this scheme; one of another scheme is ignored. */
function signatureOf({ headers: { authorization } }: Request): string | undefined {
  return authorization?.split(' ', 1)[0] === ALGORITHM ? authorization : undefined;
}

/** What a signature covers, as it was sent and not as earlier steps have changed it. */
function partsOf({ method, originalUrl, headers }: Request) {
  return { method, target: originalUrl, headers };
}

type Result = Caller | FailureName;
type Authenticate = (request: Request, body: Buffer) => Result | Promise<Result>;

/** Notes the caller, or why it is unknown, in the request's record. */
function handler(authenticate: Authenticate): SecurityHandler {
  return (request) => {
    // biome-ignore lint/style/noNonNullAssertion: every request has its response here (create-app.ts)
    const context = contextOf(request.res!);
    const note = (result: Result): boolean => {
      if (typeof result === 'string') context.authenticationFailure ??= new Failure(result);
      else context.principal = result;
      return typeof result !== 'string';
    };
    const noteError = (error: unknown): false => {
      context.authenticationFailure = failureOf(error);
      return false;
    };
    try {
      const result = authenticate(request, context.body ?? NO_BODY);
      return result instanceof Promise ? result.then(note, noteError) : note(result);
    } catch (error) {
      return noteError(error);
    }
  };
}

const NO_BODY = Buffer.alloc(0);
