// Requests to the identity service: bounded in time and size, without redirects, which would carry the token away.
import type { IncomingHttpHeaders } from 'node:http';
import { rootCertificates } from 'node:tls';
import { Agent, type Dispatcher } from 'undici';
import { createDispatcher } from '../../../process/forward-proxy.ts';
import { IamFailure } from './iam-failure.ts';

/** Milliseconds for a connection, TLS included. */
const CONNECT_MS = 2_000;

/** Max bytes of an answer: some services send their catalog unasked. */
const MAX_ANSWER_BYTES = 256 * 1024;
const MAX_HEADER_BYTES = 32 * 1024;

/** An answer of the identity service. */
interface IamAnswer {
  readonly status: number;
  readonly body: string;
  readonly iamRequestId: string | undefined;
}

/**
 * Sends a GET.
 * @param path below the identity service's URL, such as `/auth/tokens`; empty for the URL itself
 * @param timeoutMs milliseconds from the request to the last byte of its answer
 * @throws IamFailure
 */
export type AskIam = (path: string, headers: Readonly<Record<string, string>>, timeoutMs: number) => Promise<IamAnswer>;

/**
 * Connections to the identity service, through the environment's forward proxy if TLS hides the tokens from it.
 * @param ca certificates of a private authority in PEM, in addition to those that come with Node
 * @param connections max connections
 */
export function createIamAgent({ protocol }: URL, ca: string | undefined, connections: number): Dispatcher {
  const options: Agent.Options = {
    connections,
    connect: { timeout: CONNECT_MS, ...(ca !== undefined && { ca: [...rootCertificates, ca] }) },
    maxResponseSize: MAX_ANSWER_BYTES,
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  return protocol === 'https:' ? createDispatcher(options) : new Agent(options);
}

/** @param url ends with /v3 */
export function createAskIam(url: URL, dispatcher: Dispatcher): AskIam {
  return async (path, headers, timeoutMs) => {
    const overdue = new AbortController();
    const timer = setTimeout(() => overdue.abort(), timeoutMs);
    const send = async (): Promise<IamAnswer> => {
      const {
        statusCode,
        headers: sent,
        body,
      } = await dispatcher.request({
        origin: url.origin,
        path: url.pathname + path,
        method: 'GET',
        headers: { Accept: 'application/json', ...headers },
        signal: overdue.signal,
      });
      return { status: statusCode, body: await body.text(), iamRequestId: requestIdOf(sent as IncomingHttpHeaders) };
    };
    try {
      // A GET changes nothing, so it can be sent again.
      return await send().catch((error: unknown) => {
        if (overdue.signal.aborted || !isTorn(error)) throw error;
        return send();
      });
    } catch (error) {
      if (overdue.signal.aborted) throw new IamFailure('iam-timeout', `no answer within ${timeoutMs} ms`);
      throw explain(error);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Keystone's form, and that of the clouds: nothing that could be a token gets into the log. */
const REQUEST_ID = /^(?:req-)?[0-9a-f-]{32,36}$/i;

function requestIdOf(headers: IncomingHttpHeaders): string | undefined {
  const id = headers['x-openstack-request-id'] ?? headers['x-request-id'];
  return typeof id === 'string' && REQUEST_ID.test(id) ? id : undefined;
}

/** Codes of connections that were refused, or that the other side had closed: worth one more try. */
const TORN = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

const isTorn = (error: unknown): boolean => TORN.has((error as NodeJS.ErrnoException).code ?? '');

const NOT_HTTP = /^HPE_|^UND_ERR_(?:RES_EXCEEDED_MAX_SIZE|HEADERS_OVERFLOW|RES_CONTENT_LENGTH_MISMATCH|INVALID_ARG)$/;

/** Takes the error's code alone: its message and its fields can quote what was sent or received. */
function explain(error: unknown): IamFailure {
  const { code, name } = error as NodeJS.ErrnoException;
  if (code === undefined) return new IamFailure('iam-not-understood', `${name} of the HTTP client`);
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return new IamFailure('iam-timeout', `no connection in ${CONNECT_MS} ms`);
  return new IamFailure(NOT_HTTP.test(code) ? 'iam-not-understood' : 'iam-unreachable', code);
}
