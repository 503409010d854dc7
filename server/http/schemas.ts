// The contract's schemas, compiled.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { ContractDocument } from './contract.ts';

/** Compiles a schema of the contract; its references point into `components`. */
export type CompileSchema = (schema: object) => ValidateFunction;

export function createCompiler({ components }: ContractDocument): CompileSchema {
  const ajv = new Ajv2020({ strict: false, allErrors: true, schemas: { '/contract': { components } } });
  return (schema) => ajv.compile(withAbsoluteReferences(schema));
}

/** Makes `#/components/…` refer to the contract; ajv would look for it in the schema that is compiled. */
function withAbsoluteReferences(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"/contract#/')) as object;
}
