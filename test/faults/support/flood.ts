// Requests that come at a rate of their own, whether or not the ones before were answered.
import { setTimeout as delay } from 'node:timers/promises';
import type { ImageTag } from '../../../server/store.ts';
import { Caller, type Deletion, deleteText, statusOf } from './caller.ts';

/** How often requests are sent, in milliseconds: those that are due go together. */
const TICK_MS = 5;

/** At most so many connections are open; what is due beyond that comes too late. */
const MAX_CONNECTIONS = 2_048;

interface Flood {
  readonly perSecond: number;
  readonly milliseconds: number;
}

/**
 * Takes images from the front of a list and asks for them, at a rate; those that are refused go to its end, so that
 * there are always some to ask for.
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
