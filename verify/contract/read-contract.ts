import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { parseDocument } from 'yaml';
import { CannotRun } from '../cannot-run.ts';
import type {
  Content,
  Contract,
  Example,
  Gateway,
  Header,
  Operation,
  Parameter,
  Response,
  Rule,
  SecurityScheme,
} from './contract.ts';
import { Place } from './place.ts';

const METHODS = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']);

/** The contract that this package ships. */
export const defaultContractFile = createRequire(import.meta.url).resolve('swr-tag-delete/openapi.yaml');

/** @throws CannotRun if the file cannot be read, or is not an OpenAPI 3 document with operations */
export async function readContract(file = defaultContractFile): Promise<Contract> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new CannotRun([`the contract ${file} cannot be read: ${cause.code}`], { cause });
  });
  const yaml = parseDocument(text);
  const [problem] = yaml.errors;
  if (problem !== undefined) throw new CannotRun([`the contract ${file} is not valid YAML: ${problem.message}`]);
  return contractOf(yaml.toJS() as unknown, file);
}

/** @throws CannotRun if it is not an OpenAPI 3 document with operations */
export function contractOf(document: unknown, file: string): Contract {
  const root = new Place(document, '#', document);
  if (!root.get('openapi').text?.startsWith('3.')) throw new CannotRun([`${file} is not an OpenAPI 3 document`]);
  const operations = root
    .get('paths')
    .entries()
    .flatMap(([path, item]) => operationsOf(root, path, item));
  if (operations.length === 0) throw new CannotRun([`${file} declares no operation`]);
  return {
    file,
    title: root.get('info', 'title').text ?? '',
    version: root.get('info', 'version').text ?? '',
    document: document as object,
    operations,
    gateway: gatewayOf(root, operations),
  };
}

function operationsOf(root: Place, path: string, item: Place): Operation[] {
  const declared = item.entries().filter(([key]) => METHODS.has(key));
  const methods = declared.map(([method]) => method.toUpperCase());
  return declared.map(([method, place]) => ({
    pointer: place.pointer,
    id: place.get('operationId').text ?? `${method} ${path}`,
    method: method.toUpperCase(),
    path,
    methods,
    parameters: [...item.get('parameters').items(), ...place.get('parameters').items()].map(parameterOf),
    security: securityOf(root, place),
    responses: place
      .get('responses')
      .entries()
      .map(([status, response]) => responseOf(status, response)),
    rules: place.get('x-rules').items().map(ruleAt),
  }));
}

function parameterOf(place: Place): Parameter {
  const schema = place.get('schema');
  return {
    pointer: place.pointer,
    name: place.get('name').text ?? '',
    in: place.get('in').text ?? '',
    required: place.get('required').value === true,
    pattern: patternAt(schema),
    minLength: schema.get('minLength').number ?? 0,
    maxLength: schema.get('maxLength').number,
    example: place.get('example').text ?? schema.get('example').text,
  };
}

/** JSON Schema's patterns are those of ECMA-262 with the flag u (2020-12, 6.4). */
function patternAt(schema: Place): RegExp | undefined {
  const source = schema.get('pattern').text;
  try {
    return source === undefined ? undefined : new RegExp(source, 'u');
  } catch (cause) {
    throw new CannotRun([`the pattern at ${schema.pointer} is not a regular expression`], { cause });
  }
}

/** Requirements that ask for several schemes at once, or none, are not supported: only the first scheme is used. */
function securityOf(root: Place, operation: Place): SecurityScheme[] {
  const own = operation.get('security');
  const requirements = (own.exists ? own : root.get('security')).items();
  const names = new Set(requirements.flatMap((one) => one.entries().map(([name]) => name)));
  return [...names].flatMap((name) => {
    const place = root.get('components', 'securitySchemes', name);
    const header = place.get('name').text;
    if (place.get('type').text !== 'apiKey' || place.get('in').text !== 'header' || header === undefined) return [];
    const maxClockSkewSeconds = place.get('x-max-clock-skew-seconds').number;
    return [
      {
        pointer: place.pointer,
        name,
        kind: maxClockSkewSeconds === undefined ? ('token' as const) : ('signature' as const),
        header,
        maxLength: place.get('x-max-length').number,
        maxClockSkewSeconds,
      },
    ];
  });
}

function responseOf(status: string, place: Place): Response {
  const content = place.get('content').entries();
  return {
    pointer: place.pointer,
    status,
    headers: place
      .get('headers')
      .entries()
      .map(([name, header]) => headerOf(name, header)),
    content: content.map(([mediaType, one]) => contentOf(mediaType, one)),
    examples: content.flatMap(([, one]) =>
      one
        .get('examples')
        .entries()
        .map(([name, example]) => exampleOf(name, status, example, place)),
    ),
  };
}

function headerOf(name: string, place: Place): Header {
  const schema = place.get('schema');
  return {
    pointer: place.pointer,
    name,
    required: place.get('required').value === true,
    schema: schema.pointer,
    isNumeric: ['integer', 'number'].includes(schema.get('type').text ?? ''),
    pattern: patternAt(schema),
    example: place.get('example').text ?? schema.get('example').text,
  };
}

function contentOf(mediaType: string, place: Place): Content {
  const schema = place.get('schema');
  return { pointer: place.pointer, mediaType, schema: schema.exists ? schema.pointer : undefined };
}

function exampleOf(name: string, status: string, place: Place, response = place): Example {
  const value = place.get('value');
  return {
    pointer: place.pointer,
    response: response.pointer,
    name,
    status,
    summary: place.get('summary').text ?? name,
    code: value.get('error_code').text,
    because: new Map(
      place
        .get('x-cause')
        .entries()
        .map(([key, { text = '' }]) => [key, text]),
    ),
  };
}

/** They have the shape that the operations' errors share, since the contract gives them no schema of their own. */
function gatewayOf(root: Place, operations: readonly Operation[]): Gateway {
  const place = root.get('x-gateway-responses');
  const errors = operations.flatMap(({ responses }) => responses).filter(({ examples }) => examples.length > 0);
  const [first] = errors;
  return {
    pointer: place.pointer,
    decidedInFront: new Set(place.entries().flatMap(([name, one]) => (one.get('x-decided-by').exists ? [name] : []))),
    examples: place.entries().map(([name, example]) => exampleOf(name, String(example.get('status').value), example)),
    headers: (first?.headers ?? []).filter(({ required, name }) =>
      errors.every(({ headers }) => required && headers.some((one) => one.required && one.name === name)),
    ),
    content: first?.content ?? [],
  };
}

function ruleAt(place: Place): Rule {
  const text = (key: string) => place.get(key).text;
  const statuses = (key: string) =>
    place
      .get(key)
      .items()
      .map(({ value }) => String(value));
  const [parameter, character, sentAs] = [text('parameter'), text('character'), text('sentAs')];
  const isSubstitution = parameter !== undefined && character !== undefined && sentAs !== undefined;
  return {
    pointer: place.pointer,
    id: text('id') ?? '',
    description: text('description') ?? '',
    order: statuses('order'),
    statuses: statuses('statuses'),
    example: text('example'),
    substitution: isSubstitution ? { parameter, character, sentAs } : undefined,
  };
}
