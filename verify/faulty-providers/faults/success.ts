// The answer to a delete that was done.
import type { Answer } from '../behaviour.ts';
import { bytesOf, correct, json } from '../correct.ts';
import type { Fault } from '../fault.ts';

/** A 204 whose bytes are written by hand: node:http would mend them. */
const rawSuccess = (change: (answer: Answer) => Answer): Fault['change'] => ({
  send: (response, answer) => {
    if (answer.status === 204) response.socket?.end(bytesOf(change(answer)));
    else correct.send(response, answer);
  },
});

export const successFaults: readonly Fault[] = [
  {
    name: 'ok-instead-of-no-content',
    loss: 'a script that waits for 204 takes the delete for failed',
    caughtBy: ['delete/'],
    change: { success: (requestId) => json(200, requestId, {}) },
  },
  {
    name: 'body-on-204',
    loss: 'a client that keeps the connection reads the body as the start of the next answer',
    caughtBy: ['delete/'],
    change: rawSuccess((answer) => ({ ...answer, body: '{}' })),
  },
  {
    name: 'content-length-on-204',
    loss: 'strict proxies refuse the answer (RFC 9110, 8.6)',
    caughtBy: ['delete/'],
    change: rawSuccess(({ headers, ...answer }) => ({ ...answer, headers: { ...headers, 'Content-Length': '0' } })),
  },
  {
    name: 'transfer-encoding-on-204',
    loss: 'a client waits for chunks, or reads them as the next answer (RFC 9112, 6.1)',
    caughtBy: ['delete/'],
    change: rawSuccess(({ headers, ...answer }) => ({
      ...answer,
      headers: { ...headers, 'Transfer-Encoding': 'chunked' },
      body: '0\r\n\r\n',
    })),
  },
  {
    name: 'request-id-missing-on-204',
    loss: 'a delete cannot be found in the audit log',
    caughtBy: ['delete/'],
    change: { success: () => ({ status: 204, headers: {}, body: '' }) },
  },
];
