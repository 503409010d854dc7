// The contract's document, for the parts of the server that work on the document itself.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { parse } from 'yaml';

/** A parsed OpenAPI document, as far as the server reads it. */
export interface ContractDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

/** An operation of the document; responses may be references. */
export interface OperationObject {
  readonly operationId?: string;
  readonly security?: unknown;
  readonly servers?: unknown;
  readonly requestBody?: unknown;
  readonly parameters?: readonly (Reference | ParameterObject)[];
  readonly responses: Readonly<Record<string, Reference | ResponseObject>>;
}

/** A parameter of the document. */
export interface ParameterObject {
  readonly name: string;
  readonly in: string;
  readonly style?: string;
  readonly schema?: Readonly<Record<string, unknown>>;
}

/** A response of the document; headers may be references. */
export interface ResponseObject {
  readonly headers?: Readonly<Record<string, Reference | HeaderObject>>;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

/** A response header of the document. */
export interface HeaderObject {
  readonly required?: boolean;
  readonly schema: object;
}

/** A local reference, such as `#/components/responses/NotFound`. */
export interface Reference {
  readonly $ref: string;
}

/** The contract's file. It is found through the package's own name, so that sources and build find the same one. */
export const contractFile = createRequire(import.meta.url).resolve('swr-tag-delete/openapi.yaml');

/** Reads the contract. Every call parses it anew, so a caller may change its copy. */
export async function loadContract(): Promise<ContractDocument> {
  return parse(await readFile(contractFile, 'utf8')) as ContractDocument;
}

/** A node of the document, its reference followed. References in this contract are local. */
export function dereference<T extends object>(contract: ContractDocument, node: T | Reference): T {
  if (!('$ref' in node)) return node;
  const steps = node.$ref.replace('#/', '').split('/');
  return steps.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], contract) as T;
}
