// skopeo truncates index.json and oci-layout and writes them in place. A read in between is torn; the next one is whole.
import { setTimeout as delay } from 'node:timers/promises';
import { InvalidJson } from './json-scan.ts';

/** Max reads of one file; with the pauses below about half a second. */
const MAX_READS = 30;
/** Pauses after the first reads, in milliseconds. They are shorter: most writers are done within a millisecond. */
const FIRST_PAUSES_MS = [1, 2, 4, 8];
/** Pause after any later read. */
const PAUSE_MS = 20;

/**
 * Repeats a read for half a second while it throws InvalidJson.
 * @throws the last InvalidJson if the file stays broken; any other error at once
 */
export async function untilWhole<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof InvalidJson) || attempt === MAX_READS) throw error;
    }
    await delay(FIRST_PAUSES_MS[attempt - 1] ?? PAUSE_MS);
  }
}
