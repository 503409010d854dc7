// The tags to delete. The whole list is checked before the first request, and it may be longer than fits in memory: valid
// references wait in a temporary file. The file is unlinked as soon as it is open, so nothing is left behind, however the
// command ends.
import { once } from 'node:events';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { ImageTag } from '../../names.ts';
import { shortened } from '../../shortened.ts';
import { linesOf } from '../lines.ts';
import { printable, printableJson } from '../output/printable.ts';
import { formatReference, InvalidReference, parseNames, parseReference, shellWord } from './reference.ts';

/** The argument that reads references from standard input. */
export const STANDARD_INPUT = '-';

/** Max characters shown of an invalid reference. */
const SHOWN_LENGTH = 200;
/** Max characters shown of what is wrong with it. */
const MESSAGE_LENGTH = 300;
/** Max invalid references that are shown. Beyond that they are counted: the list may not be one at all. */
const MAX_SHOWN = 20;

/** References that have been checked. */
export interface ReferenceList {
  readonly count: number;
  /** May be called more than once. */
  references(): AsyncIterable<ImageTag>;
  close(): void;
}

/**
 * Checks every reference. In a list, blank lines and lines that begin with `#` are skipped.
 * @param imageHosts hosts that references may begin with
 * @param reportInvalid is called for each of the first invalid references, with its line, and for the number of the others
 * @returns undefined if there was an invalid one
 */
export async function readReferences(
  args: readonly string[],
  standardInput: () => AsyncIterable<Buffer>,
  imageHosts: ReadonlySet<string>,
  reportInvalid: (problem: string) => void,
): Promise<ReferenceList | undefined> {
  const spool = openSpool();
  try {
    const output = createWriteStream('', { fd: spool, autoClose: false });
    let count = 0;
    let invalid = 0;
    for await (const { text, place } of references(args, standardInput)) {
      try {
        const line = `${formatReference(parseReference(text, imageHosts))}\n`;
        count += 1;
        if (!output.write(line)) await once(output, 'drain');
      } catch (error) {
        if (!(error instanceof InvalidReference)) throw error;
        invalid += 1;
        if (invalid <= MAX_SHOWN) reportInvalid(problemOf(text, place, error));
      }
    }
    output.end();
    await finished(output);
    if (invalid > MAX_SHOWN) reportInvalid(`more invalid references: ${invalid - MAX_SHOWN}`);
    if (invalid === 0) return { count, references: () => spooled(spool), close: () => closeSync(spool) };
    closeSync(spool);
    return undefined;
  } catch (error) {
    closeSync(spool);
    throw error;
  }
}

function problemOf(text: string, place: string, { message }: InvalidReference): string {
  const isFile = place === '' && existsSync(text) && statSync(text).isFile();
  const hint = isFile ? `; the list in that file is read with ${STANDARD_INPUT} < ${shellWord(text)}` : '';
  const [shown, why] = [shortened(printableJson(text), SHOWN_LENGTH), shortened(printable(message), MESSAGE_LENGTH)];
  return `${place}${shown}: ${why}${hint}`;
}

/** @returns a file descriptor */
function openSpool(): number {
  const directory = mkdtempSync(join(tmpdir(), 'swr-tag-delete-'));
  try {
    return openSync(join(directory, 'references'), 'w+', 0o600);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function* references(args: readonly string[], standardInput: () => AsyncIterable<Buffer>) {
  for (const argument of args) {
    if (argument !== STANDARD_INPUT) {
      yield { text: argument, place: '' };
      continue;
    }
    let number = 0;
    for await (const text of linesOf(standardInput())) {
      number += 1;
      if (text !== '' && !text.startsWith('#')) yield { text, place: `line ${number}: ` };
    }
  }
}

async function* spooled(spool: number): AsyncGenerator<ImageTag> {
  for await (const line of linesOf(createReadStream('', { fd: spool, start: 0, autoClose: false })))
    yield parseNames(line);
}
