// Deletes many tags, with bounded concurrency and rate, until the list ends or the command is stopped.
import PQueue from 'p-queue';
import { errors } from '../../generated/contract.ts';
import { TagDeleteError } from '../errors/errors.ts';
import type { ImageTag } from '../names.ts';
import type { TagClient } from '../tag-client.ts';

/** The result of one reference. `missing`: it did not exist, and --ignore-missing accepts that. */
export interface Result {
  readonly image: ImageTag;
  readonly outcome: 'deleted' | 'deleted-by-earlier-try' | 'missing' | 'failed' | 'not-tried' | 'would-delete';
  readonly requestId?: string | undefined;
  readonly tries?: number;
  readonly error?: TagDeleteError;
}

/** Max references started in a period. */
export interface Rate {
  readonly count: number;
  /** In milliseconds. */
  readonly periodMs: number;
}

interface Options {
  readonly client: TagClient;
  readonly concurrency: number;
  readonly rate: Rate | undefined;
  /** A tag that does not exist counts as `missing`, not as `failed`. */
  readonly ignoreMissing: boolean;
  /** The first failure stops the rest. */
  readonly failFast: boolean;
  /** Starts nothing new; deletes in flight finish. */
  readonly stop: AbortSignal;
  /** Cuts off the deletes in flight. */
  readonly abort: AbortSignal;
}

/** The shortest interval between bursts, in milliseconds: shorter timers are not exact. */
const PACE_MS = 100;

/**
 * Starts the deletes in the order of the list. Reports every reference exactly once.
 * @throws what reading the list throws, once the deletes in flight are reported
 */
export async function bulkDelete(
  references: AsyncIterable<ImageTag>,
  { client, concurrency, rate, ignoreMissing, failFast, stop, abort }: Options,
  report: (result: Result) => void | Promise<void>,
): Promise<void> {
  const queue = new PQueue({ concurrency, ...(rate && pace(rate)) });
  /** References whose delete has not started; a stop reports them as not tried. */
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

  try {
    for await (const image of references) {
      // Read the list only as fast as it is worked off: at most twice `concurrency` of it are in memory.
      if (!isStopped) await queue.onSizeLessThan(concurrency);
      waiting.add(image);
      if (!isStopped) void queue.add(() => deleteOne(image));
      else await reportNotTried();
    }
  } finally {
    await queue.onIdle();
    await reportNotTried();
    stop.removeEventListener('abort', stopNow);
  }

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
    return {
      image,
      outcome: ignoreMissing && isTagMissing(error) ? 'missing' : 'failed',
      requestId: error.requestId,
      error,
    };
  }
}

/** A missing repository or organization is not a missing tag: the reference may be misspelt. */
function isTagMissing({ status, code }: TagDeleteError): boolean {
  return status === errors['tag-not-found'].status && code === errors['tag-not-found'].code;
}

/** Spreads requests evenly, because providers count in windows of their own. Retries come on top of the rate. */
export function pace({ count, periodMs }: Rate): { readonly interval: number; readonly intervalCap: number } {
  const intervalCap = Math.max(1, Math.round((count * PACE_MS) / periodMs));
  return { intervalCap, interval: Math.ceil((intervalCap * periodMs) / count) };
}
