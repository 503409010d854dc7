// What every contender takes from the contract: the path, its parameters, the answers and the caller.
import { authToken, errors, operations } from '../generated/contract.ts';
import { tokenSha256 } from '../server/http/auth/token.ts';
import type { Principal } from '../server/http/principals.ts';

/** The token of the benchmark's only principal. */
export const TOKEN = 'a-token-of-the-benchmark-0123456789abcdef';
/** Its access key pair, for signed calls. */
export const KEYS = { accessKey: 'AKBENCHMARK', secretKey: 'secret-key-of-the-benchmark' };

export const TOKEN_HEADER = authToken.header;
export const principals: readonly Principal[] = [
  { name: 'bench', tokenSha256: tokenSha256(TOKEN), ...KEYS, namespaces: ['*'] },
];

/** A token that the identity service of the benchmark knows, as long as Keystone's of a project, and its entry. */
export const IAM_TOKEN = `gAAAAA${'b'.repeat(177)}`;
export const iamPrincipal: Principal = {
  name: 'bench-iam',
  iam: { domain: 'Default', project: 'bench', roles: ['swr_admin'] },
  namespaces: ['*'],
};

/** Tags with this prefix do not exist. All others do, and still exist after a delete. */
export const ABSENT = 'absent';

export const isAbsent = (tag: string): boolean => tag.startsWith(ABSENT);

const operation = operations.deleteRepoTag;

/** The namespace of all images. */
export const NAMESPACE = operation.parameters.namespace.example;

/** The path in the syntax of Express and Fastify. */
export const route = operation.path.replaceAll(/\{(\w+)\}/g, ':$1');

/** The path of a tag. @param repository in the namespace above; by default the contract's example */
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

/** A failure's body, as the contract declares it. */
export function errorBody(name: keyof typeof errors, requestId: string): object {
  const { code, message, detail } = errors[name];
  return {
    errors: [{ errorCode: code, errorMessage: message, detail }],
    error_code: code,
    error_msg: message,
    request_id: requestId,
  };
}

/** The port that a server under measurement listens on. */
export const port = Number(process.env['PORT'] ?? 0);
