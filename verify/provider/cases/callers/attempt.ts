import type { NotVerified } from '../../scene/outcome.ts';
import type { Credentials } from '../../send/request.ts';

/** Credentials that must be refused. */
export interface Attempt {
  readonly id: string;
  readonly title: string;
  readonly credentials: Credentials | NotVerified;
  /** The rule that says so, if it is not the example. */
  readonly rule?: string;
}
