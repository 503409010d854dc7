// Requests that need no validator. Most requests are plain: an operation's own method and path, no query, no body, each
// name as its schema wants it, nothing encoded. The contract's schemas prove them legal, and the validator could only
// agree, after 25 µs of CPU time (Node 24; the proof takes 1 µs). Everything else is for the validator, which alone
// refuses. A test holds that whatever is proven here, the validator accepts with the same names.
import type { IncomingMessage } from 'node:http';
import type { ValidateFunction } from 'ajv';
import { type ContractDocument, dereference, type OperationObject, type ParameterObject } from '../contract.ts';
import { createCompiler } from '../schemas.ts';

/** The operation that is meant by a request, and its path parameters, decoded. */
export interface Match {
  readonly schema: { readonly operationId?: string };
  readonly pathParams: Readonly<Record<string, string>>;
}

/** The operation and the names of a request that is proven legal; undefined if the validator has to judge. */
export type ProvePlain = (request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>) => Match | undefined;

/** Characters that mean themselves in a path, however it is read. */
const PLAIN = /^[\w.~$/-]+$/;

/** Path templates whose parameters are whole segments. */
const WHOLE_SEGMENTS = /^(?:\/(?:[\w.~-]+|\{\w+\}))+$/;

/** Keywords with which ajv and the validator's ajv agree whatever their options. */
const KEYWORD = /^(?:type|minLength|maxLength|pattern|enum|const|description|title|example|examples|x-.+)$/;

/** Proves requests of the operations that take names in their path and nothing else. */
export function createProof(contract: ContractDocument): ProvePlain {
  const compile = createCompiler(contract);
  const templates = Object.keys(contract.paths);
  const proofs = Object.entries(contract.paths).flatMap(([template, item]) =>
    // Another template that fits the same path might win in the validator.
    Object.keys(item).every(isMethod) && !templates.some((other) => other !== template && mayFitSame(template, other))
      ? Object.entries(item).flatMap(([method, schema]) => {
          const checks = checksOf(contract, template, schema)?.map(({ name, schema }) => ({
            name,
            isLegal: compile(schema),
          }));
          return checks === undefined
            ? []
            : [{ method: method.toUpperCase(), literals: template.split(/\{\w+\}/), checks, schema }];
        })
      : [],
  );
  return ({ method, url = '', headers }) => {
    if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) return undefined;
    if (!PLAIN.test(url)) return undefined;
    for (const proof of proofs) {
      const pathParams = proof.method === method ? legalNamesIn(url, proof) : undefined;
      if (pathParams !== undefined) return { schema: proof.schema, pathParams };
    }
    return undefined;
  };
}

interface NameCheck {
  readonly name: string;
  readonly isLegal: ValidateFunction;
}

/** The names between the literal parts of a path; undefined if it is another path, or a name is not legal. */
function legalNamesIn(
  path: string,
  { literals, checks }: { readonly literals: readonly string[]; readonly checks: readonly NameCheck[] },
): Record<string, string> | undefined {
  const names: Record<string, string> = {};
  let at = 0;
  for (let part = 0; part < literals.length; part += 1) {
    const literal = literals[part] as string;
    if (!path.startsWith(literal, at)) return undefined;
    at += literal.length;
    const check = checks[part];
    if (check === undefined) break;
    const slash = path.indexOf('/', at);
    const end = slash === -1 ? path.length : slash;
    const name = path.slice(at, end);
    if (name === '' || !check.isLegal(name)) return undefined;
    names[check.name] = name;
    at = end;
  }
  return at === path.length ? names : undefined;
}

/** The parameters of an operation in the order of its path; undefined if it takes anything else. */
function checksOf(
  contract: ContractDocument,
  template: string,
  { parameters = [], requestBody, security, servers }: OperationObject,
): { name: string; schema: object }[] | undefined {
  if (!WHOLE_SEGMENTS.test(template) || requestBody !== undefined || security !== undefined || servers !== undefined)
    return undefined;
  const declared = parameters.map((node) => dereference<ParameterObject>(contract, node));
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const inOrder = names.flatMap((name) => declared.filter((one) => one.name === name && isPlainString(one)));
  return inOrder.length === declared.length && inOrder.length === names.length
    ? inOrder.map(({ name, schema = {} }) => ({ name, schema }))
    : undefined;
}

function isPlainString({ in: place, style = 'simple', schema = {} }: ParameterObject): boolean {
  return (
    place === 'path' &&
    style === 'simple' &&
    schema['type'] === 'string' &&
    Object.keys(schema).every((one) => KEYWORD.test(one))
  );
}

function isMethod(key: string): boolean {
  return ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'].includes(key);
}

/** Whether some path fits both templates. */
function mayFitSame(one: string, other: string): boolean {
  const [segments, others] = [one.split('/'), other.split('/')];
  return (
    segments.length === others.length &&
    segments.every((segment, at) => segment === others[at] || segment.includes('{') || others[at]?.includes('{'))
  );
}
