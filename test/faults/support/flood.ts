// Requests at a fixed rate, whether or not earlier ones were answered.
import { setTimeout as delay } from 'node:timers/promises';
import type { ImageTag } from '../../../server/store.ts';
import { Caller, type Deletion, deleteText, statusOf } from './caller.ts';

/** Milliseconds between sends; all requests that are due are sent together. */
const TICK_MS = 5;

/** Max open connections. Beyond that, requests are late. */
const MAX_CONNECTIONS = 2_048;

interface Flood {
  readonly perSecond: number;
  readonly milliseconds: number;
}

/**
 * Deletes images from the front of a list at a fixed rate. Refused ones go to its end, so that it does not run out.
 * @returns when all are answered
 */
export async function flood(
  { url, token }: { readonly url: string; readonly token: string },
  images: ImageTag[],
  { perSecond, milliseconds }: Flood,
): Promise<{ readonly deletions: readonly Deletion[]; readonly connections: number }> {
  const callers: Caller[] = [];
  const free: Caller[] = [];
  const deletions: Deletion[] = [];
  const underWay = new Set<Promise<void>>();
  const send = async (image: ImageTag, caller: Caller) => {
    const startedAt = performance.now();
    const ending = await caller.ask(deleteText(image, token));
    deletions.push({ image, ending, milliseconds: performance.now() - startedAt });
    if (statusOf(ending) === 429) images.push(image);
    free.push(caller);
  };
  const start = performance.now();
  let sent = 0;
  let asked = 0;
  for (let elapsed = 0; elapsed < milliseconds; elapsed = performance.now() - start) {
    for (; sent < (elapsed / 1_000) * perSecond; sent += 1) {
      let caller = free.pop();
      if (caller === undefined && callers.length < MAX_CONNECTIONS) {
        caller = new Caller(url);
        callers.push(caller);
      }
      const image = images[asked];
      if (caller === undefined || image === undefined) continue;
      asked += 1;
      const sending = send(image, caller).finally(() => underWay.delete(sending));
      underWay.add(sending);
    }
    await delay(TICK_MS);
  }
  await Promise.all(underWay);
  images.splice(0, asked);
  for (const caller of callers) caller.close();
  return { deletions, connections: callers.length };
}
