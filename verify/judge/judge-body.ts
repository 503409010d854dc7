// The content of an answer: its type, its schema, and what the contract says in words of an error's fields.
import type { Content, Contract } from '../contract/contract.ts';
import type { Declared } from '../contract/declared.ts';
import { LEVELS, levelOf } from '../contract/level.ts';
import { requestIdHeader } from '../contract/request-id.ts';
import type { Violation } from '../report/model.ts';
import { type AnswerMessage, valuesOf } from '../wire/messages.ts';
import { type SchemaProblem, schemasOf } from './schemas.ts';

/** An error's body, once its schema holds. */
interface ErrorBody {
  readonly errors?: readonly { readonly errorCode?: unknown; readonly errorMessage?: unknown }[];
  readonly error_code?: unknown;
  readonly error_msg?: unknown;
  readonly request_id?: unknown;
}

export function judgeBody(contract: Contract, declared: Declared, answer: AnswerMessage): Violation[] {
  const { pointer, content } = declared;
  if (content.length === 0) {
    // Bytes after a 204 are judged with the framing.
    const isExtra = answer.status !== 204 && answer.body.length > 0;
    return isExtra
      ? [{ rule: pointer, message: `The answer has a body; the contract declares none for ${answer.status}.` }]
      : [];
  }
  // The rule of error information already reports an empty body.
  if (answer.status >= 400 && answer.body.length === 0) return [];
  const [type] = valuesOf(answer, 'Content-Type');
  const declaredContent = content.find(({ mediaType }) => mediaType === mediaTypeOf(type));
  if (declaredContent === undefined) return [{ ...wrongType(content, type), ...(isCodeless(answer) && NO_CODE) }];
  return [...judgeCharset(declaredContent, type), ...judgeJson(contract, declared, declaredContent, answer)];
}

const isCodeless = (answer: AnswerMessage): boolean => answer.status >= 400 && errorCodeOf(answer) === undefined;

/** The media type without its parameters, in lower case. */
function mediaTypeOf(value: string | undefined): string | undefined {
  return value?.split(';', 1)[0]?.trim().toLowerCase();
}

function wrongType(content: readonly Content[], type: string | undefined): Violation {
  const wanted = content.map(({ mediaType }) => mediaType).join(' or ');
  const rule = content[0]?.pointer ?? '#';
  return {
    rule,
    harm: 'unreadable-error',
    alike: `type ${type}`,
    message:
      type === undefined ? `The Content-Type is missing; it must be ${wanted}.` : `The Content-Type must be ${wanted}.`,
    ...(type !== undefined && { found: `Content-Type: ${JSON.stringify(type)}` }),
  };
}

/** RFC 8259, 8.1: JSON travels in UTF-8. */
function judgeCharset({ pointer }: Content, type = ''): Violation[] {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(type)?.[1];
  return charset === undefined || charset.toLowerCase() === 'utf-8'
    ? []
    : [
        {
          rule: pointer,
          harm: 'unreadable-error',
          message: 'The charset is not UTF-8; JSON must be sent in UTF-8 (RFC 8259, 8.1).',
          found: `charset: ${JSON.stringify(charset)}`,
        },
      ];
}

function judgeJson(
  contract: Contract,
  declared: Declared,
  { pointer, schema }: Content,
  answer: AnswerMessage,
): Violation[] {
  const body = parseJson(answer.body);
  if (body === undefined)
    return [{ rule: pointer, message: 'The body is not JSON in UTF-8.', harm: 'unreadable-error' }];
  const problems = schema === undefined ? [] : schemasOf(contract)(schema, body.value);
  if (problems.length > 0) {
    const [missing, wrong] = [true, false].map((one) => problems.filter(({ isMissing }) => isMissing === one));
    return [...lacking(contract, schema ?? pointer, missing ?? []), ...(wrong ?? []).map(breaking(schema ?? pointer))];
  }
  return declared.examples.length === 0
    ? []
    : judgeError(contract, declared, schema ?? pointer, body.value as ErrorBody, answer);
}

/** The same for an answer without an error code, however that was noticed: the fix is one. */
export const NO_CODE = { alike: 'no error code' };

const ruleFor = (schema: string, property: string | undefined): string =>
  property === undefined ? schema : `${schema}/properties/${property}`;

/** SDKs cannot read the error if a field that they use is missing or wrong, or if the body is no object. */
const harmFor = (property: string | undefined) =>
  property === undefined || /^error_/.test(property) ? { harm: 'unreadable-error' as const } : {};

const breaking =
  (schema: string) =>
  ({ problem, found, property }: SchemaProblem): Violation => ({
    rule: ruleFor(schema, property),
    message: `The body breaks its schema: ${problem}.`,
    found,
    ...harmFor(property),
  });

/** The properties that the body itself lacks: one violation for all of a level. */
function lacking(contract: Contract, schema: string, missing: readonly SchemaProblem[]): Violation[] {
  return LEVELS.flatMap((level) => {
    const names = missing.flatMap(({ property = '' }) =>
      levelOf(contract, ruleFor(schema, property)) === level ? [property] : [],
    );
    const [first] = names;
    if (first === undefined) return [];
    const message = `The body lacks ${names.map((name) => `\`${name}\``).join(' and ')}.`;
    return [{ rule: ruleFor(schema, first), message, ...harmFor(first), ...(names.includes('error_code') && NO_CODE) }];
  });
}

/** @returns undefined if it is not JSON */
function parseJson(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown };
  } catch {
    return undefined;
  }
}

/** What the descriptions of the error's schema say: `errors[0]` repeats the pair, `request_id` the header. */
function judgeError(
  contract: Contract,
  { examples }: Declared,
  schema: string,
  body: ErrorBody,
  answer: AnswerMessage,
): Violation[] {
  const violations: Violation[] = [];
  const [first] = body.errors ?? [];
  const codes = new Set(examples.flatMap(({ code }) => (code === undefined ? [] : [code])));
  if (codes.size > 0 && !codes.has(String(body.error_code))) {
    const message = `The error code is not one that the contract lists for ${answer.status}: ${[...codes].join(', ')}.`;
    violations.push({
      rule: `${schema}/properties/error_code`,
      message,
      found: `error_code: ${JSON.stringify(body.error_code)}`,
      harm: 'wrong-code',
    });
  }
  if (first !== undefined && first.errorCode !== body.error_code) {
    violations.push({
      rule: `${schema}/properties/errors`,
      message: 'errors[0].errorCode and error_code differ: they must be the same.',
      found: `errors[0].errorCode: ${JSON.stringify(first.errorCode)}, error_code: ${JSON.stringify(body.error_code)}`,
    });
  }
  if (first !== undefined && first.errorMessage !== body.error_msg) {
    violations.push({
      rule: `${schema}/properties/errors`,
      message: 'errors[0].errorMessage and error_msg differ: they must be the same.',
      found: `errors[0].errorMessage: ${JSON.stringify(first.errorMessage)}, error_msg: ${JSON.stringify(body.error_msg)}`,
    });
  }
  const name = requestIdHeader(contract)?.name ?? '';
  const [requestId] = valuesOf(answer, name);
  if (requestId !== undefined && body.request_id !== undefined && body.request_id !== requestId) {
    violations.push({
      rule: `${schema}/properties/request_id`,
      message: `request_id and the header ${name} differ: they must be the same.`,
      found: `request_id: ${JSON.stringify(body.request_id)}, ${name}: ${JSON.stringify(requestId)}`,
    });
  }
  return violations;
}

/** A cache by body, since the code of a body is needed again and again. */
const codes = new WeakMap<Uint8Array, { readonly code: string | undefined }>();

/** The error code of an answer; undefined if it has none. */
export function errorCodeOf({ body }: AnswerMessage): string | undefined {
  const known = codes.get(body);
  if (known !== undefined) return known.code;
  const value = (parseJson(body)?.value as ErrorBody | null | undefined)?.error_code;
  const code = typeof value === 'string' ? value : undefined;
  codes.set(body, { code });
  return code;
}
