// Names that the contract gives: of its errors, of its parameters, and those in a path.
import type { errors, gatewayErrors, operations } from '../../generated/contract.ts';

/** The name of a contract's example of an error. */
export type ErrorName = keyof typeof errors | keyof typeof gatewayErrors;
export type ParameterName = keyof (typeof operations)['deleteRepoTag']['parameters'];
/** The path parameters of a request, by name. */
export type Names = Readonly<Record<ParameterName, string>>;
