// A provider of the operation that keeps the contract, as small as it gets.
import { randomUUID } from 'node:crypto';
import { type ServerResponse, STATUS_CODES } from 'node:http';
import { errors, gatewayErrors, requestId as requestIdSchema } from '../../generated/contract.ts';
import type { Answer, Behaviour, Call, Rule } from './behaviour.ts';
import { callerOf, credentialRules } from './credentials.ts';
import type { ErrorName, ParameterName } from './names.ts';
import { decode, imageOf, METHOD, matchPath, parameters } from './path.ts';

export const catalogue = { ...errors, ...gatewayErrors };
const RETRY_AFTER_SECONDS = 1;

/** The rule that a name has the pattern and the length that the contract gives it. */
const isIllegal = (parameter: ParameterName, { names }: Call): boolean => {
  const { pattern, minLength, maxLength } = parameters[parameter];
  const { length } = names[parameter];
  return length < minLength || length > maxLength || !new RegExp(pattern).test(names[parameter]);
};

const parameterRules: readonly Rule[] = [
  { refuses: 'invalid-namespace', when: (call) => isIllegal('namespace', call) },
  { refuses: 'invalid-repository', when: (call) => isIllegal('repository', call) },
  { refuses: 'invalid-tag', when: (call) => isIllegal('tag', call) },
  { refuses: 'unknown-query-parameter', when: ({ query }) => query !== '' },
];

const provokes = (refuses: ErrorName): Rule => ({
  refuses,
  when: ({ names, world }) => world.provoked[names.tag] === refuses,
});

const stateRules: readonly Rule[] = [
  provokes('throttled'),
  { refuses: 'namespace-not-permitted', when: ({ caller, names }) => !caller?.namespaces.includes(names.namespace) },
  provokes('tag-protected'),
  { refuses: 'organization-not-found', when: ({ image, world }) => !world.tags.hasNamespace(image.namespace) },
  { refuses: 'repository-not-found', when: (call) => tagsOf(call) === undefined },
  { refuses: 'tag-not-found', when: (call) => !tagsOf(call)?.has(call.image.tag) },
  provokes('storage-failure'),
];

/** The tags of the repository that a call names. */
export function tagsOf({ image, world }: Call): Map<string, string> | undefined {
  return world.tags.of(image);
}

/** An error as the contract's example has it. */
function error(name: ErrorName, requestId: string): Answer {
  const { status, code, message, detail, headers } = catalogue[name];
  return json(
    status,
    requestId,
    {
      errors: [{ errorCode: code, errorMessage: message, detail }],
      error_code: code,
      error_msg: message,
      request_id: requestId,
    },
    {
      ...headers,
      ...(name === 'throttled' && { 'Retry-After': String(RETRY_AFTER_SECONDS) }),
      ...(name === 'method-not-allowed' && { Allow: METHOD }),
    },
  );
}

/** An answer with a body. */
export function json(
  status: number,
  requestId: string,
  content: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const body = JSON.stringify(content);
  return {
    status,
    headers: {
      'X-Request-Id': requestId,
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(body)),
      ...headers,
    },
    body,
  };
}

/** Writes an answer by node:http, which keeps the connection. */
function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers).end(body);
}

/** The bytes of an answer, after which the connection is closed. */
export function bytesOf({ status, headers, body }: Answer): string {
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n');
}

/** Keeps the contract. */
export const correct: Behaviour = {
  match: matchPath,
  decode,
  imageOf,
  isMethodKnown: (method) => method === METHOD,
  requestId: (incoming) =>
    incoming !== undefined && new RegExp(requestIdSchema.pattern).test(incoming) ? incoming : randomUUID(),
  callerOf,
  rules: [...credentialRules, ...parameterRules, ...stateRules],
  remove: (call) => void tagsOf(call)?.delete(call.image.tag),
  success: (requestId) => ({ status: 204, headers: { 'X-Request-Id': requestId }, body: '' }),
  error,
  crash: (requestId) => error('storage-failure', requestId),
  send,
};
