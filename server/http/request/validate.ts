// Requests against the contract: which operation is meant, who asks, whether the names are legal.
// express-openapi-validator decides all of it, unless a request is proven legal; here its errors become the contract's
// failures.
import type { Request, RequestHandler } from 'express';
import { middleware, error as validatorErrors } from 'express-openapi-validator';
import type { OpenAPIV3 } from 'express-openapi-validator/dist/framework/types.js';
import type { SecurityHandler } from '../auth/authenticate.ts';
import { contextOf } from '../context.ts';
import type { ContractDocument } from '../contract.ts';
import { failureOfParameter } from '../names.ts';
import { Failure } from '../reply/failures.ts';
import { chain } from './chain.ts';
import { createProof, type Match } from './plain-requests.ts';
import { forgetContentType, refuseTrailingSlash, type Secured, withEitherScheme } from './validator-quirks.ts';

/** Judges each request: path (404), method (405), security (401), parameters (400), in this order. */
export function validateRequests(
  contract: ContractDocument,
  handlers: Record<string, SecurityHandler>,
): RequestHandler {
  // A copy: withEitherScheme and the validator both change it.
  const secured = withEitherScheme(structuredClone(contract), handlers);
  const validate = chain(validatorSteps(secured));
  const { isAuthenticated } = secured;
  if (isAuthenticated === undefined) return validate;
  const prove = createProof(contract);
  return (request, response, next) => {
    const match = prove(request);
    if (match === undefined) return validate(request, response, next);
    (request as MatchedRequest).openapi = match;
    const admit = (isKnown: boolean) => next(isKnown ? undefined : failureOfCaller(request));
    const isKnown = isAuthenticated(request);
    return isKnown instanceof Promise ? isKnown.then(admit) : admit(isKnown);
  };
}

/** The validator's middlewares, in its order, with what corrects them. @param secured is changed by the validator */
export function validatorSteps(secured: Secured): RequestHandler[] {
  const validator = middleware({
    apiSpec: secured.contract as unknown as OpenAPIV3.DocumentV3_1,
    validateApiSpec: false, // `npm run check` lints it
    validateSecurity: { handlers: { ...secured.handlers } },
    validateRequests: true,
    validateResponses: false, // operations/reply-check.ts does it
    fileUploader: false,
    useRequestUrl: true, // as normalizeUrl left it
  });
  return [refuseTrailingSlash, ...validator.slice(0, -1), forgetContentType, ...validator.slice(-1)];
}

/** A request with what the validator, or the proof, has found for it. */
interface MatchedRequest extends Request {
  openapi?: Match;
}

function matchOf(request: Request): Match | undefined {
  return (request as MatchedRequest).openapi;
}

/** The operation that the request asks for; undefined until the validator has found one. */
export function operationIdOf(request: Request): string | undefined {
  return matchOf(request)?.schema.operationId;
}

/** The validated path parameters, as they travel. */
export function pathParametersOf(request: Request): Readonly<Record<string, string>> {
  return matchOf(request)?.pathParams ?? {};
}

/** The validated query. Without a query in the URL, Express would parse the URL to find that out. */
export function queryOf(request: Request): unknown {
  return request.url.includes('?') ? request.query : {};
}

interface ValidatorError extends Error {
  readonly status: number;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

const errorClasses = Object.values(validatorErrors);
const isOfValidator = (error: unknown): error is Error => errorClasses.some((type) => error instanceof type);

/** The failure that an error of the validator means; undefined for any other error. */
export function failureOfValidation(error: unknown, request: Request): Failure | undefined {
  if (error instanceof Failure || !isOfValidator(error)) return undefined;
  const { status, headers, errors } = error as ValidatorError;
  if (status === 404) return new Failure('api-not-found');
  if (status === 405) return new Failure('method-not-allowed', { headers: headers ?? {} });
  if (status === 401) return failureOfCaller(request);
  if (status >= 500) return undefined;
  return invalidParameter(errors?.[0] ?? { path: '', message: error.message });
}

/** Why the caller is unknown. */
function failureOfCaller({ res }: Request): Failure {
  return (res && contextOf(res).authenticationFailure) ?? new Failure('missing-credentials');
}

/** An illegal `tag` is answered as the example `invalid-tag`, and so on for every parameter that has such an example. */
function invalidParameter({ path, message }: { readonly path: string; readonly message: string }): Failure {
  const [, place, ...rest] = path.split('/');
  const name = rest.join('/').slice(0, 128);
  // An unknown query parameter may have the name of a path parameter.
  if (place === 'query' && message.startsWith('Unknown')) {
    return new Failure('unknown-query-parameter', { detail: `query parameter: ${name}` });
  }
  return (
    failureOfParameter(name) ??
    new Failure('malformed-request', { detail: `parameter: ${name}: ${message}`.slice(0, 256) })
  );
}
