// How an answer leaves: as it is, or with the fault that was asked for.
import { setTimeout as delay } from 'node:timers/promises';
import type { Response } from 'express';
import type { AnyReply } from '../server/http/reply/reply.ts';
import { headersOfJson, send, writeHead } from '../server/http/reply/send.ts';
import type { Fault } from './scenario.ts';

/** Sends a reply. What was deleted stays deleted, whether or not the caller gets to know. */
export async function deliver(response: Response, reply: AnyReply, fault: Fault | undefined): Promise<void> {
  if (fault?.kind === 'reset') {
    // The request's: a response that waits for its turn has no socket yet.
    response.req.socket.resetAndDestroy();
  } else if (fault?.kind === 'truncate') {
    sendHalf(response, reply);
  } else {
    if (fault?.kind === 'delay') await untilLate(response, fault.ms);
    if (!response.destroyed) send(response, reply);
  }
}

/** Ends early where the caller goes away: nobody waits any more. */
async function untilLate(response: Response, ms: number): Promise<void> {
  const gone = new AbortController();
  const stop = () => gone.abort();
  response.once('close', stop);
  await delay(ms, undefined, { signal: gone.signal }).catch(() => undefined);
  response.off('close', stop);
}

/** Announces all of the body, sends half of it and closes. */
function sendHalf(response: Response, { status, headers = {}, body }: AnyReply): void {
  const text = JSON.stringify(body);
  writeHead(response, status, { ...headers, ...headersOfJson(text) });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}
