// The mock's own routes, beside those of the contract: is it ready, and forget what was deleted.
import type { Request, RequestHandler, Response } from 'express';
import { Failure } from '../server/http/reply/failures.ts';
import { send } from '../server/http/reply/send.ts';
import { noteAnswer } from './scenarios/answer-note.ts';
import { sessionIdIn } from './sessions/session-id.ts';
import type { Sessions } from './sessions/sessions.ts';

const PREFIX = '/__mock/';
const HEALTH_PATH = `${PREFIX}healthz`;
const SESSIONS_PATH = `${PREFIX}sessions`;

/**
 * `GET /__mock/healthz` is 200 once the mock can answer. `DELETE /__mock/sessions/{id}` resets one session,
 * `DELETE /__mock/sessions` resets all.
 */
export function ownRoutes(sessions: Sessions): RequestHandler {
  return (request, response, next) => {
    const { path } = request;
    if (!path.startsWith(PREFIX)) return next();
    if (path === HEALTH_PATH) {
      requireMethod(request, response, 'GET', 'HEAD');
      noteAnswer(response, { why: 'ready' });
      return send(response, request.method === 'HEAD' ? { status: 200 } : { status: 200, body: { status: 'ok' } });
    }
    if (path !== SESSIONS_PATH && !path.startsWith(`${SESSIONS_PATH}/`)) {
      noteAnswer(response, { why: 'the mock has no such route' });
      throw new Failure('api-not-found');
    }
    requireMethod(request, response, 'DELETE');
    resetSessions(sessions, path, response);
    send(response, { status: 204 });
  };
}

function resetSessions(sessions: Sessions, path: string, response: Response): void {
  if (path === SESSIONS_PATH) {
    sessions.forgetAll();
    noteAnswer(response, { why: 'all sessions reset' });
  } else {
    const id = sessionIdIn(path.slice(SESSIONS_PATH.length + 1), 'the session in the path');
    sessions.forget(id);
    noteAnswer(response, { why: `session ${id} reset` });
  }
}

/** @throws Failure `method-not-allowed` */
function requireMethod(request: Request, response: Response, ...allowed: readonly string[]): void {
  if (allowed.includes(request.method)) return;
  noteAnswer(response, { why: `this route of the mock takes ${allowed.join(' and ')}` });
  throw new Failure('method-not-allowed', { headers: { Allow: allowed.join(', ') } });
}
