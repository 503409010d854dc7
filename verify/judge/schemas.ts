import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Contract } from '../contract/contract.ts';

/** What is wrong with a value. */
export interface SchemaProblem {
  /** The problem, in the same words for every value that breaks the schema in this way. */
  readonly problem: string;
  /** The value that was found instead. */
  readonly found: string;
  /** The property of the value that is missing or wrong; undefined if it is the value itself. */
  readonly property: string | undefined;
  /** The value itself lacks the property. */
  readonly isMissing: boolean;
}

/** What is wrong with a value by the schema at a place of the contract; empty if it is right. */
export type SchemaCheck = (schemaPointer: string, value: unknown) => SchemaProblem[];

const DOCUMENT = 'contract:';
const checks = new WeakMap<object, SchemaCheck>();

/** The schemas of a contract, compiled once. */
export function schemasOf({ document }: Contract): SchemaCheck {
  const known = checks.get(document) ?? compile(document);
  checks.set(document, known);
  return known;
}

function compile(document: object): SchemaCheck {
  // Not strict: the document has parts that are not schemas, and keywords and formats that only OpenAPI defines.
  const ajv = new Ajv2020({ strict: false, allErrors: true, verbose: true, logger: false, validateFormats: false });
  ajv.addSchema(document, DOCUMENT);
  const compiled = new Map<string, ValidateFunction>();
  return (pointer, value) => {
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `${DOCUMENT}${pointer}` });
    compiled.set(pointer, validate);
    if (validate(value)) return [];
    const problems = (validate.errors ?? []).map(problemOf);
    // Every element of a list may break the same rule: only the first one is reported.
    return [...new Map(problems.toReversed().map((one) => [one.problem, one])).values()].toReversed();
  };
}

function problemOf({ instancePath, message, params, data }: ErrorObject): SchemaProblem {
  const place = instancePath.replace(/\/\d+(?=\/|$)/g, '/*');
  return {
    problem: `${place || 'it'} ${message}${namedIn(params)}`,
    found: `${instancePath || 'it'}: ${shown(data)}`,
    property: instancePath.split('/')[1] ?? missingIn(params),
    isMissing: instancePath === '' && missingIn(params) !== undefined,
  };
}

const missingIn = ({ missingProperty }: Readonly<Record<string, unknown>>): string | undefined =>
  typeof missingProperty === 'string' ? missingProperty : undefined;

/** Lists and objects are not quoted: the report shows the answer anyway. */
function shown(data: unknown): string {
  if (Array.isArray(data)) return `a list of ${data.length}`;
  return typeof data === 'object' && data !== null ? 'an object' : JSON.stringify(data);
}

/** Parameters of ajv's errors that its messages leave out: the allowed values, or the unexpected property. */
const NAMED = ['allowedValue', 'allowedValues', 'additionalProperty', 'unevaluatedProperty', 'propertyName'];

function namedIn(params: Readonly<Record<string, unknown>>): string {
  const named = NAMED.filter((name) => name in params).map((name) => JSON.stringify(params[name]));
  return named.length === 0 ? '' : `: ${named.join(', ')}`;
}
