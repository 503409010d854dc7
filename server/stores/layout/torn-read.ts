// skopeo truncates index.json and oci-layout and writes them in place: a read in between is torn, the next one is whole.
import { setTimeout as delay } from 'node:timers/promises';
import { InvalidJson } from './json-scan.ts';

const TORN_READS = 30;
/** The first pauses are shorter: most writers are done within a millisecond. */
const TORN_PAUSES_MS = [1, 2, 4, 8];
const TORN_PAUSE_MS = 20;

/**
 * Repeats a read for half a second as long as it throws InvalidJson.
 * @throws the last InvalidJson: broken for good, then; whatever else is thrown, at once
 */
export async function untilWhole<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof InvalidJson) || attempt === TORN_READS) throw error;
    }
    await delay(TORN_PAUSES_MS[attempt - 1] ?? TORN_PAUSE_MS);
  }
}
