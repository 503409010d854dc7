// Who asks: the two security schemes of the contract, as handlers of express-openapi-validator.
import type { Request } from 'express';
import { authToken } from '../../../generated/contract.ts';
import { ALGORITHM } from '../../../signature/sign.ts';
import { contextOf } from '../context.ts';
import { countHeaders } from '../message.ts';
import type { Principal } from '../principals.ts';
import { Failure, type FailureName, failureOf } from '../reply/failures.ts';
import type { SignatureVerifier } from './signature.ts';
import type { TokenLookup } from './token.ts';

/** The ways to find out who asks. */
export interface Authenticators {
  readonly principalOfToken: TokenLookup;
  readonly verifySignature: SignatureVerifier;
}

/** Answers whether the request is authenticated by one scheme. Never throws: the validator would answer with the message. */
export type SecurityHandler = (request: Request) => boolean;

const tokenHeader = authToken.header.toLowerCase();

/** A handler for each security scheme, under the scheme's name in the contract; either is enough. */
export function securityHandlers({
  principalOfToken,
  verifySignature,
}: Authenticators): Record<'AuthToken' | 'RequestSignature', SecurityHandler> {
  return {
    AuthToken: handler((request) => {
      if (signatureOf(request) !== undefined) return 'ambiguous-credentials';
      const token = request.headers[tokenHeader];
      if (typeof token !== 'string' || token.length > authToken.maxLength) return 'unknown-token';
      // Sent twice, node:http joins them into what may be a token again.
      if (countHeaders(request, tokenHeader) !== 1) return 'unknown-token';
      return principalOfToken(token) ?? 'unknown-token';
    }),
    RequestSignature: handler((request, body) => {
      const authorization = signatureOf(request);
      if (authorization === undefined) return 'missing-credentials';
      if (request.headers[tokenHeader]) return 'ambiguous-credentials';
      return verifySignature({ ...partsOf(request), authorization, body });
    }),
  };
}

/** The Authorization header, where it is of our scheme; another scheme's is none of our business. */
function signatureOf({ headers: { authorization } }: Request): string | undefined {
  return authorization?.split(' ', 1)[0] === ALGORITHM ? authorization : undefined;
}

/** Of the request what a signature covers, as it was sent: not as the router's middlewares have left it. */
function partsOf({ method, originalUrl, headers }: Request) {
  return { method, target: originalUrl, headers };
}

/** Notes who asks, or why that is not known, in the request's record. */
function handler(authenticate: (request: Request, body: Buffer) => Principal | FailureName): SecurityHandler {
  return (request) => {
    // biome-ignore lint/style/noNonNullAssertion: Express sets `res` on every request it handles
    const context = contextOf(request.res!);
    try {
      const result = authenticate(request, context.body ?? NO_BODY);
      if (typeof result !== 'string') {
        context.principal = result;
        return true;
      }
      context.authenticationFailure ??= new Failure(result);
    } catch (error) {
      context.authenticationFailure = failureOf(error);
    }
    return false;
  };
}

const NO_BODY = Buffer.alloc(0);
