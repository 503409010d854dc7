// Deletes many tags: so many at once, at such a pace, until the list ends or somebody stops it.
import PQueue from 'p-queue';
import { errors } from '../../generated/contract.ts';
import { TagDeleteError } from '../errors.ts';
import type { ImageTag } from '../names.ts';
import type { TagClient } from '../tag-client.ts';

/** What became of one reference. `missing`: it did not exist, and that is all right. */
export interface Result {
  readonly image: ImageTag;
  readonly outcome: 'deleted' | 'deleted-by-earlier-try' | 'missing' | 'failed' | 'not-tried' | 'would-delete';
  readonly requestId?: string | undefined;
  readonly tries?: number;
  readonly error?: TagDeleteError;
}

/** So many references a period, in milliseconds. */
export interface Rate {
  readonly count: number;
  readonly periodMs: number;
}

interface Options {
  readonly client: TagClient;
  readonly concurrency: number;
  readonly rate: Rate | undefined;
  /** A tag that does not exist is all right. */
  readonly ignoreMissing: boolean;
  /** The first failure stops the rest. */
  readonly failFast: boolean;
  /** Lets what is in flight finish, and starts nothing new. */
  readonly stop: AbortSignal;
  /** Cuts off what is in flight. */
  readonly abort: AbortSignal;
}

/** The shortest time in which the pace is kept, in milliseconds: shorter timers are not exact. */
const PACE_MS = 100;

const missingCodes: readonly (string | undefined)[] = [
  errors['organization-not-found'].code,
  errors['repository-not-found'].code,
  errors['tag-not-found'].code,
];

/** Deletes the tags in the order of the list, as far as concurrency keeps it. Reports every reference, once. */
export async function bulkDelete(
  references: AsyncIterable<ImageTag>,
  { client, concurrency, rate, ignoreMissing, failFast, stop, abort }: Options,
  report: (result: Result) => void | Promise<void>,
): Promise<void> {
  const queue = new PQueue({ concurrency, ...(rate && pace(rate)) });
  /** Those in the queue whose turn has not come; whoever is stopped is not tried. */
  const waiting = new Set<ImageTag>();
  let isStopped = stop.aborted;
  const stopNow = () => {
    isStopped = true;
    queue.clear();
  };
  stop.addEventListener('abort', stopNow, { once: true });

  async function deleteOne(image: ImageTag): Promise<void> {
    waiting.delete(image);
    const result = await resultOf(client, image, ignoreMissing, abort);
    if (failFast && result.outcome === 'failed') stopNow();
    await report(result);
  }

  for await (const image of references) {
    // The list is read as it is worked off: only so many of it are in memory.
    if (!isStopped) await queue.onSizeLessThan(concurrency);
    waiting.add(image);
    if (!isStopped) void queue.add(() => deleteOne(image));
    else await reportNotTried();
  }
  await queue.onIdle();
  await reportNotTried();
  stop.removeEventListener('abort', stopNow);

  async function reportNotTried(): Promise<void> {
    for (const image of waiting) await report({ image, outcome: 'not-tried' });
    waiting.clear();
  }
}

async function resultOf(
  client: TagClient,
  image: ImageTag,
  ignoreMissing: boolean,
  signal: AbortSignal,
): Promise<Result> {
  try {
    return { image, ...(await client.deleteTag(image, { signal })) };
  } catch (thrown) {
    const error =
      thrown instanceof TagDeleteError
        ? thrown
        : new TagDeleteError('interrupted: it may be deleted', { cause: thrown });
    const isMissing = error.status === errors['tag-not-found'].status && missingCodes.includes(error.code);
    return { image, outcome: isMissing && ignoreMissing ? 'missing' : 'failed', requestId: error.requestId, error };
  }
}

/** Spread evenly: providers count in windows of their own. Retries of a delete come on top. */
export function pace({ count, periodMs }: Rate): { readonly interval: number; readonly intervalCap: number } {
  const intervalCap = Math.max(1, Math.round((count * PACE_MS) / periodMs));
  return { intervalCap, interval: Math.ceil((intervalCap * periodMs) / count) };
}
