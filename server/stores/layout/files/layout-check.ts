// What makes a directory an image layout.
import { join } from 'node:path';
import { StoreError } from '../../../store.ts';
import { InvalidJson, parseJson } from './json-scan.ts';
import { readRegularFile } from './regular-file.ts';
import { untilWhole } from './torn-read.ts';

/** The marker file of a layout, and the only version that exists (OCI image-spec, image-layout.md). */
export const LAYOUT_FILE = 'oci-layout';
export const LAYOUT_VERSION = '1.0.0';

/** Largest `oci-layout` that is read, in bytes. It has about 30. */
const MAX_LAYOUT_FILE_BYTES = 64 * 1024;

/**
 * Checks that a directory has a valid `oci-layout` file.
 * @throws StoreError `invalid-layout`; errors of the file system, ENOENT if the file is missing
 */
export async function checkLayout(directory: string): Promise<void> {
  try {
    const content = await untilWhole(async () => {
      const bytes = await readRegularFile(join(directory, LAYOUT_FILE), MAX_LAYOUT_FILE_BYTES);
      return parseJson(bytes.toString('utf8'));
    });
    if ((content as { imageLayoutVersion?: unknown } | null)?.imageLayoutVersion === LAYOUT_VERSION) return;
  } catch (error) {
    if (!(error instanceof InvalidJson)) throw error;
  }
  throw new StoreError(
    'invalid-layout',
    `${directory}: ${LAYOUT_FILE} does not say imageLayoutVersion ${LAYOUT_VERSION}`,
  );
}
