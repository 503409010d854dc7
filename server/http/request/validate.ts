// Requests against the contract: which operation, who asks, are the names legal. All of it is
// express-openapi-validator's work; here its errors become the contract's failures.
import type { Request, RequestHandler } from 'express';
import { middleware, error as validatorErrors } from 'express-openapi-validator';
import type { OpenAPIV3 } from 'express-openapi-validator/dist/framework/types.js';
import type { SecurityHandler } from '../auth/authenticate.ts';
import { contextOf } from '../context.ts';
import type { ContractDocument } from '../contract.ts';
import { Failure, isFailureName } from '../reply/failures.ts';
import { withEitherScheme } from './either-scheme.ts';

/** The validator's middlewares, in its order: path (404), method (405), security (401), parameters (400). */
export function validateRequests(
  contract: ContractDocument,
  handlers: Record<string, SecurityHandler>,
): RequestHandler[] {
  // The validator takes the document apart while it works: it gets a copy.
  const secured = withEitherScheme(structuredClone(contract), handlers);
  const validator = middleware({
    apiSpec: secured.contract as unknown as OpenAPIV3.DocumentV3_1,
    validateApiSpec: false, // `npm run check` lints it
    validateSecurity: { handlers: { ...secured.handlers } },
    validateRequests: true,
    validateResponses: false, // reply-check.ts does it, and sees more
    fileUploader: false,
    useRequestUrl: true, // as normalizeUrl left it
  });
  return [refuseTrailingSlash, ...validator.slice(0, -1), forgetContentType, ...validator.slice(-1)];
}

/**
 * The operation takes no body, so what the caller calls its type means nothing. To the validator it does: it makes a key
 * of it, compiles a check anew for each key, keeps it for ever, and has ajv resolve the key as a reference, so that
 * `not_provided#/properties/body` is the check of nothing at all: every name was legal. Behind authentication, since a
 * signature may cover the header.
 */
const forgetContentType: RequestHandler = (request, _response, next) => {
  delete request.headers['content-type'];
  next();
};

/** The operation that the request was matched to, and its path parameters, decoded. */
interface Match {
  readonly schema: { readonly operationId?: string };
  readonly pathParams: Readonly<Record<string, string>>;
}

function matchOf(request: Request): Match | undefined {
  return (request as Request & { readonly openapi?: Match }).openapi;
}

/** The operation that the request was matched to. */
export function operationIdOf(request: Request): string | undefined {
  return matchOf(request)?.schema.operationId;
}

/** The validated path parameters, as they travel. Express forgets `request.params` between middlewares. */
export function pathParametersOf(request: Request): Readonly<Record<string, string>> {
  return matchOf(request)?.pathParams ?? {};
}

/**
 * A path with a slash behind it is another path, and the contract has none that ends so; the validator lets it pass
 * in spite of `strict routing` (its path-to-regexp 8 calls the option `trailing`).
 */
const refuseTrailingSlash: RequestHandler = (request, _response, next) => {
  const end = request.url.indexOf('?');
  if (request.url.at(end === -1 ? -1 : end - 1) === '/') throw new Failure('api-not-found');
  next();
};

interface ValidatorError extends Error {
  readonly status: number;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

const errorClasses = Object.values(validatorErrors);
const isOfValidator = (error: unknown): error is Error => errorClasses.some((type) => error instanceof type);

/** The failure that an error of the validator stands for; undefined where the error is not the validator's. */
export function failureOfValidation(error: unknown, request: Request): Failure | undefined {
  if (error instanceof Failure || !isOfValidator(error)) return undefined;
  const { status, headers, errors } = error as ValidatorError;
  if (status === 404) return new Failure('api-not-found');
  if (status === 405) return new Failure('method-not-allowed', { headers: headers ?? {} });
  if (status === 401) {
    const noted = request.res && contextOf(request.res).authenticationFailure;
    return noted ?? new Failure('missing-credentials');
  }
  if (status >= 500) return undefined;
  return invalidParameter(errors?.[0] ?? { path: '', message: error.message });
}

/** An illegal `tag` is answered as the example `invalid-tag`, and so on for every parameter that has such an example. */
function invalidParameter({ path, message }: { readonly path: string; readonly message: string }): Failure {
  const [, place, ...rest] = path.split('/');
  const name = rest.join('/').slice(0, 128);
  // A parameter that the operation does not take may be called like one of its path.
  if (place === 'query' && message.startsWith('Unknown')) {
    return new Failure('unknown-query-parameter', { detail: `query parameter: ${name}` });
  }
  const example = `invalid-${name}`;
  if (isFailureName(example)) return new Failure(example);
  return new Failure('malformed-request', { detail: `parameter: ${name}: ${message}`.slice(0, 256) });
}
