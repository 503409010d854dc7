// What every contender takes from the contract: the path, its parameters, the answers.
import { authToken, errors, operations } from '../../generated/contract.ts';
import { tokenSha256 } from '../../server/http/auth/token.ts';
import type { Principal } from '../../server/http/principals.ts';

/** Who asks in the benchmark. */
export const TOKEN = 'a-token-of-the-benchmark-0123456789abcdef';
/** And signs. */
export const KEYS = { accessKey: 'AKBENCHMARK', secretKey: 'secret-key-of-the-benchmark' };

export const TOKEN_HEADER = authToken.header;
export const principals: readonly Principal[] = [
  { name: 'bench', tokenSha256: tokenSha256(TOKEN), ...KEYS, namespaces: ['*'] },
];

/** Tags that begin so are not there; all others are, however often they are deleted. */
export const ABSENT = 'absent';

export const isAbsent = (tag: string): boolean => tag.startsWith(ABSENT);

const operation = operations.deleteRepoTag;

/** The organization of all that is deleted. */
export const NAMESPACE = operation.parameters.namespace.example;

/** The path as Express and Fastify spell it. */
export const route = operation.path.replaceAll(/\{(\w+)\}/g, ':$1');

/** The path of a tag. @param repository in the contract's example of an organization */
export const pathOf = (tag: string, repository: string = operation.parameters.repository.example): string =>
  operation.path
    .replace('{namespace}', NAMESPACE)
    .replace('{repository}', () => repository)
    .replace('{tag}', tag);

/** The path parameters as a JSON Schema. */
export const parametersSchema = {
  type: 'object',
  required: Object.keys(operation.parameters),
  properties: Object.fromEntries(
    Object.entries(operation.parameters).map(([name, { pattern, minLength, maxLength }]) => [
      name,
      { type: 'string', pattern, minLength, maxLength },
    ]),
  ),
} as const;

/** The body that a failure has in the contract. */
export function errorBody(name: keyof typeof errors, requestId: string): object {
  const { code, message, detail } = errors[name];
  return {
    errors: [{ errorCode: code, errorMessage: message, detail }],
    error_code: code,
    error_msg: message,
    request_id: requestId,
  };
}

/** Where a contender listens. */
export const port = Number(process.env['PORT'] ?? 0);
