// Stands in for an identity service if a test needs what a real Keystone does not do.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Respond = (response: ServerResponse, token: string, request: IncomingMessage) => unknown;

/** A running stand-in. */
export interface ScriptedIam {
  /** Ends with /v3. */
  readonly url: string;
  /** How it answers; may be changed at any time. */
  respond: Respond;
  /** The tokens that it was asked about, in order. */
  readonly asked: readonly string[];
  /** Requests that wait for their answer now. */
  readonly underWay: number;
  close(): Promise<void>;
}

/** Starts a stand-in on a free port of loopback. */
export async function startScriptedIam(respond: Respond): Promise<ScriptedIam> {
  const asked: string[] = [];
  const iam = { url: '', respond, asked, underWay: 0, close };
  const http = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
    const token = String(request.headers['x-subject-token'] ?? '');
    asked.push(token);
    iam.underWay += 1;
    response.once('close', () => {
      iam.underWay -= 1;
    });
    iam.respond(response, token, request);
  });
  await once(http.listen(0, '127.0.0.1'), 'listening');
  iam.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/v3`;
  async function close(): Promise<void> {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  }
  return iam;
}

/** The document of a valid token of `alice` in the project `group`. @param seconds from now to its end */
export const validToken = (seconds = 3_600, more: object = {}) => ({
  token: {
    methods: ['password'],
    user: { id: 'a11ce', name: 'alice', domain: { id: 'default', name: 'Default' }, password_expires_at: null },
    project: { id: 'beef', name: 'group', domain: { id: 'default', name: 'Default' } },
    roles: [{ id: '1', name: 'swr_admin' }],
    audit_ids: ['l5Pi3RhcTSaJE0oJ6q2t4w'],
    issued_at: '2026-11-27T00:00:00.000000Z',
    expires_at: new Date(Date.now() + seconds * 1000).toISOString(),
    ...more,
  },
});

/** Answers with JSON. */
export const json =
  (status: number, body: object): Respond =>
  (response) =>
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));

/** The error that Keystone answers for a token that is not valid; it quotes the token. */
export const notFound: Respond = (response, token, request) =>
  json(404, { error: { code: 404, message: `Could not find token: ${token}.`, title: 'Not Found' } })(
    response,
    token,
    request,
  );
