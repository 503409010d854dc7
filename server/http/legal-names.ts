import { operations } from '../../generated/contract.ts';
import { Failure, isFailureName } from './reply/failures.ts';
import type { OperationId } from './reply/reply.ts';

interface Rule {
  readonly name: string;
  readonly pattern: RegExp;
  readonly minLength: number;
  readonly maxLength: number;
}

const rules = new Map<string, readonly Rule[]>(
  Object.entries(operations).map(([id, { parameters }]) => [
    id,
    Object.entries(parameters).map(([name, rule]) => ({ ...rule, name, pattern: new RegExp(rule.pattern, 'u') })),
  ]),
);

/**
 * A second lock behind the validator's: names become paths on disk and URLs of a registry, and an illegal one that slips
 * through reaches other people's images. express-openapi-validator 5.6.2 can be talked out of its check by a header
 * (validate.ts).
 * @param parameters the path parameters as they travel, decoded
 * @throws Failure `invalid-tag`, and so on for every parameter
 */
export function requireLegalNames(operationId: OperationId, parameters: Readonly<Record<string, string>>): void {
  for (const { name, pattern, minLength, maxLength } of rules.get(operationId) ?? []) {
    const value = parameters[name] ?? '';
    if (value.length >= minLength && value.length <= maxLength && pattern.test(value)) continue;
    const example = `invalid-${name}`;
    throw new Failure(isFailureName(example) ? example : 'malformed-request');
  }
}
