// Sends an answer as it is, or with the requested fault.
import { setTimeout as delay } from 'node:timers/promises';
import type { Response } from 'express';
import type { AnyReply } from '../../server/http/reply/reply.ts';
import { headersOfJson, send, writeHead } from '../../server/http/reply/send.ts';
import type { Fault } from './scenario.ts';

/** Sends a reply, or the fault in its place. A deleted tag stays deleted even if the caller gets no answer. */
export async function deliver(response: Response, reply: AnyReply, fault: Fault | undefined): Promise<void> {
  if (fault?.kind === 'reset') {
    // The request's socket: a pipelined response that waits for its turn has none yet.
    response.req.socket.resetAndDestroy();
  } else if (fault?.kind === 'truncate') {
    sendHalf(response, reply);
  } else {
    if (fault?.kind === 'delay') await untilLate(response, fault.ms);
    if (!response.destroyed) send(response, reply);
  }
}

/** Waits, but ends early if the caller disconnects. @param ms milliseconds */
async function untilLate(response: Response, ms: number): Promise<void> {
  const gone = new AbortController();
  const stop = () => gone.abort();
  response.once('close', stop);
  await delay(ms, undefined, { signal: gone.signal }).catch(() => undefined);
  response.off('close', stop);
}

/** Announces the whole body, sends half of it and closes the connection. */
function sendHalf(response: Response, { status, headers = {}, body }: AnyReply): void {
  const text = JSON.stringify(body);
  writeHead(response, status, { ...headers, ...headersOfJson(text) });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}
