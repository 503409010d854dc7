import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Contract } from '../contract/contract.ts';

/** What is wrong with a value by the schema at a place of the contract; nothing where it is right. */
export type SchemaCheck = (schemaPointer: string, value: unknown) => string[];

const DOCUMENT = 'contract:';
const checks = new WeakMap<object, SchemaCheck>();

/** The schemas of a contract, compiled once. */
export function schemasOf({ document }: Contract): SchemaCheck {
  const known = checks.get(document) ?? compile(document);
  checks.set(document, known);
  return known;
}

function compile(document: object): SchemaCheck {
  // The document holds much that is no schema, and keywords and formats that only OpenAPI knows.
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false, validateFormats: false });
  ajv.addSchema(document, DOCUMENT);
  const compiled = new Map<string, ValidateFunction>();
  return (pointer, value) => {
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `${DOCUMENT}${pointer}` });
    compiled.set(pointer, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || 'it'} ${message}`);
  };
}
