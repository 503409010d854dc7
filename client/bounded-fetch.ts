import type { SentRequest } from './sent-request.ts';

/** Max bytes read of an answer; the contract's errors have less than 1 KiB. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Statuses whose answers have no body (Fetch standard, 'null body status'). */
export const NULL_BODY: readonly number[] = [101, 103, 204, 205, 304];

/** Sends one request. */
export type Send = (request: SentRequest) => Promise<Response>;

/**
 * Reads each answer to its end, or to 64 KiB: a body that never ends, or breaks off, hides no status.
 * @throws what `send` throws
 */
export function boundedFetch(send: Send): Send {
  return async (request) => {
    const response = await send(request);
    const { status, statusText, headers, body } = response;
    if (body === null) return response;
    const text = await readUpTo(MAX_ANSWER_BYTES, body);
    return new Response(NULL_BODY.includes(status) ? null : text, { status, statusText, headers });
  };
}

async function readUpTo(limit: number, body: ReadableStream<Uint8Array> | null): Promise<string> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    while (reader !== undefined && text.length < limit) {
      const { done, value } = await reader.read();
      if (done) return text;
      text += decoder.decode(value, { stream: true });
    }
    await reader?.cancel();
  } catch {
    // The connection broke off. The status has arrived; only the rest of the body is lost.
  }
  return text.slice(0, limit);
}
