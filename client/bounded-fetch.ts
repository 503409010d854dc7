/** An answer is read up to so many bytes; the contract's errors have less than 1 KiB. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Statuses whose answers have no body (Fetch standard, 'null body status'). */
export const NULL_BODY: readonly number[] = [101, 103, 204, 205, 304];

type Fetch = (request: Request) => Promise<Response>;

/** A fetch whose answers are read already, and cut: a body that never ends, or breaks off, hides no status. */
export function boundedFetch(fetch: Fetch): Fetch {
  return async (request) => {
    const response = await fetch(request);
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
    // What has come tells the status; the rest of the body is lost with its connection.
  }
  return text.slice(0, limit);
}
