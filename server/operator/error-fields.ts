// An error as the log has it.
import { stdSerializers } from 'pino';
import { NotInTime } from '../process/in-time.ts';
import { StoreError } from '../store.ts';

/** Errors of JavaScript itself, which a defect throws. */
const DEFECTS = [TypeError, RangeError, ReferenceError];

/**
 * Type, message with those of its causes, kind and so on. Only a defect has a stack: what failed outside of the server is
 * told by kind and message.
 */
export function errorFields(error: Error): object {
  const { stack, ...fields } = stdSerializers.err(error);
  return isFailure(error) ? fields : { ...fields, stack };
}

/** Whether something else than the server failed. */
function isFailure(error: unknown): boolean {
  if (!(error instanceof Error) || hasDefect(error)) return false;
  if (error instanceof StoreError || error instanceof NotInTime) return true;
  // An error that was made without its stack, such as one that says what came of a delete later.
  const hasStack = /\n\s+at /.test(error.stack ?? '');
  return !hasStack && (error.cause === undefined || isFailure(error.cause));
}

/** Whether a defect is the error or a cause of it. */
function hasDefect(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return DEFECTS.some((defect) => error instanceof defect) || hasDefect(error.cause);
}
