// Who asks: the two security schemes of the contract, as handlers of express-openapi-validator.
import type { Request } from 'express';
import { authToken } from '../../generated/contract.ts';
import { contextOf } from '../context.ts';
import { Failure, type FailureName, failureOf } from '../failures.ts';
import type { Principal } from './credentials.ts';
import type { TokenLookup } from './token.ts';

/** Answers whether the request is authenticated by one scheme. Never throws: the validator would answer with the message. */
export type SecurityHandler = (request: Request) => boolean;

const tokenHeader = authToken.header.toLowerCase();

/** A handler for each security scheme, under the scheme's name in the contract. */
export function securityHandlers(principalOf: TokenLookup): Record<'AuthToken' | 'RequestSignature', SecurityHandler> {
  return {
    AuthToken: handler((request) => {
      const tokens = request.headersDistinct[tokenHeader] ?? [];
      const token = tokens[0] ?? '';
      if (tokens.length !== 1 || token.length > authToken.maxLength) return 'unknown-token';
      return principalOf(token) ?? 'unknown-token';
    }),
    RequestSignature: handler((request) =>
      request.headers.authorization?.startsWith('SDK-HMAC-SHA256') ? 'bad-signature' : 'missing-credentials',
    ),
  };
}

/** Notes who asks, or why that is not known, in the request's record. */
function handler(authenticate: (request: Request) => Principal | FailureName): SecurityHandler {
  return (request) => {
    // biome-ignore lint/style/noNonNullAssertion: Express sets `res` on every request it handles
    const context = contextOf(request.res!);
    try {
      const result = authenticate(request);
      if (typeof result !== 'string') {
        context.principal = result;
        return true;
      }
      context.failure ??= new Failure(result);
    } catch (error) {
      context.failure = failureOf(error);
    }
    return false;
  };
}
