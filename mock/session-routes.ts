// The mock's own routes: `DELETE /__mock/sessions` lets test runs clean up.
import type { RequestHandler } from 'express';
import { requestId } from '../generated/contract.ts';
import { Failure } from '../server/http/reply/failures.ts';
import { send } from '../server/http/reply/send.ts';
import { noteAnswer } from './answer-note.ts';
import type { Sessions } from './sessions.ts';

/** The header that puts a request into a session. */
export const SESSION_HEADER = 'X-Mock-Session';

/** Session of requests without the header. */
const DEFAULT_SESSION = 'default';

const SESSIONS_PATH = '/__mock/sessions';
/** Same form as a request id: short, and safe in a log and in a path without escaping. */
const legalId = new RegExp(requestId.pattern);

/** @throws Failure `malformed-request` if the header is not a valid session id */
export function sessionIdOf(header: string | undefined): string {
  return header === undefined ? DEFAULT_SESSION : legal(header, SESSION_HEADER);
}

/** `DELETE /__mock/sessions/{id}` resets one session, `DELETE /__mock/sessions` resets all. */
export function sessionRoutes(sessions: Sessions): RequestHandler {
  return (request, response, next) => {
    const { path } = request;
    if (path !== SESSIONS_PATH && !path.startsWith(`${SESSIONS_PATH}/`)) return next();
    if (request.method !== 'DELETE') throw new Failure('method-not-allowed', { headers: { Allow: 'DELETE' } });
    if (path === SESSIONS_PATH) {
      sessions.forgetAll();
      noteAnswer(response, { why: 'all sessions reset' });
    } else {
      const id = legal(path.slice(SESSIONS_PATH.length + 1), 'the session in the path');
      sessions.forget(id);
      noteAnswer(response, { why: `session ${id} reset` });
    }
    send(response, { status: 204 });
  };
}

function legal(id: string, where: string): string {
  if (!legalId.test(id)) throw new Failure('malformed-request', { detail: `${where} must match ${requestId.pattern}` });
  return id;
}
