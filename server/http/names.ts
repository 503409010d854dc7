// A second lock behind the validator's. Names become paths on disk and URLs of a registry: an illegal one that slips
// through reaches other people's images, and a header can talk the validator out of its check (validator-quirks.ts).
import { illegalParameters, type OperationId } from '../../openapi/names.ts';
import { Failure, isFailureName } from './reply/failures.ts';

/**
 * Refuses names that the contract does not allow.
 * @param parameters the path parameters as they travel, decoded
 * @throws Failure `invalid-tag`, and so on for every parameter
 */
export function requireLegalNames(operationId: OperationId, parameters: Readonly<Record<string, string>>): void {
  const [illegal] = illegalParameters(operationId, parameters);
  if (illegal !== undefined) throw failureOfParameter(illegal) ?? new Failure('malformed-request');
}

/** The contract's example `invalid-<name>` for an illegal parameter; undefined when it has no such example. */
export function failureOfParameter(name: string): Failure | undefined {
  const example = `invalid-${name}`;
  return isFailureName(example) ? new Failure(example) : undefined;
}
