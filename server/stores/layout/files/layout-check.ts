// What makes a directory an image layout.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../../../store.ts';
import { InvalidJson, parseJson } from './json-scan.ts';
import { untilWhole } from './torn-read.ts';

/** The marker file of a layout, and the only version that exists (OCI image-spec, image-layout.md). */
export const LAYOUT_FILE = 'oci-layout';
export const LAYOUT_VERSION = '1.0.0';

/**
 * Checks that a directory has a valid `oci-layout` file.
 * @throws StoreError `invalid-layout`; errors of the file system if the file is missing
 */
export async function checkLayout(directory: string): Promise<void> {
  try {
    const content = await untilWhole(async () => parseJson(await readFile(join(directory, LAYOUT_FILE), 'utf8')));
    if ((content as { imageLayoutVersion?: unknown } | null)?.imageLayoutVersion === LAYOUT_VERSION) return;
  } catch (error) {
    if (!(error instanceof InvalidJson)) throw error;
  }
  throw new StoreError(
    'invalid-layout',
    `${directory}: ${LAYOUT_FILE} does not say imageLayoutVersion ${LAYOUT_VERSION}`,
  );
}
