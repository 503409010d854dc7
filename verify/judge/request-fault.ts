import type { Example } from '../contract/contract.ts';
import type { Violation } from '../report/model.ts';

/** A rule that a request breaks. */
export interface RequestFault extends Violation {
  /** The status that a provider must answer with. */
  readonly status: string;
  /** The name of the example that is the cause; undefined if the contract names none. */
  readonly cause: string | undefined;
}

/** @param example the cause, if the contract names one */
export function fault(
  example: Example | undefined,
  rule: string,
  status: string,
  message: string,
  found?: string,
): RequestFault {
  const cause = { status: example?.status ?? status, cause: example?.name };
  return { rule, message, ...(found !== undefined && { found }), ...cause, party: 'consumer' };
}
