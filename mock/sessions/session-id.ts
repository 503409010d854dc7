// The session of a request: chosen by the caller, or the one that all others share.
import { requestId } from '../../generated/contract.ts';
import { Failure } from '../../server/http/reply/failures.ts';

/** The header that puts a request into a session. */
export const SESSION_HEADER = 'X-Mock-Session';

/** Session of requests without the header. */
const DEFAULT_SESSION = 'default';

/** Same form as a request id: short, and safe in a log and in a path without escaping. */
const legalId = new RegExp(requestId.pattern);

/** @throws Failure `malformed-request` if the header is not a valid session id */
export function sessionIdOf(header: string | undefined): string {
  return header === undefined ? DEFAULT_SESSION : sessionIdIn(header, SESSION_HEADER);
}

/** @param where names the place in the error. @throws Failure `malformed-request` if the text is not a session id */
export function sessionIdIn(text: string, where: string): string {
  if (legalId.test(text)) return text;
  throw new Failure('malformed-request', { detail: `${where} must match ${requestId.pattern}` });
}
