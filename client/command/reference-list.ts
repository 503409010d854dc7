// What is to be deleted. The whole list is checked before the first request, and it may be longer than fits in memory:
// legal references wait in a temporary file.
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { ImageTag } from '../names.ts';
import { linesOf } from './lines.ts';
import { formatReference, IllegalReference, parseReference } from './reference.ts';

/** Reads references from standard input where it stands among the arguments. */
export const STANDARD_INPUT = '-';

/** References that have been checked. */
export interface ReferenceList {
  readonly count: number;
  /** May be asked more than once. */
  references(): AsyncIterable<ImageTag>;
  remove(): Promise<void>;
}

/**
 * Checks every reference. In a list blank lines and those that begin with `#` do not count.
 * @param reportIllegal is told every reference that is none, and where it stands
 * @returns undefined where there was an illegal one
 */
export async function readReferences(
  args: readonly string[],
  standardInput: () => AsyncIterable<Buffer>,
  reportIllegal: (problem: string) => void,
): Promise<ReferenceList | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'swr-tag-delete-'));
  const file = join(directory, 'references');
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    const spool = createWriteStream(file, { mode: 0o600 });
    let count = 0;
    let isLegal = true;
    for await (const { text, place } of references(args, standardInput)) {
      try {
        const line = `${formatReference(parseReference(text))}\n`;
        count += 1;
        if (!spool.write(line)) await once(spool, 'drain');
      } catch (error) {
        if (!(error instanceof IllegalReference)) throw error;
        isLegal = false;
        reportIllegal(`${place}${JSON.stringify(text.slice(0, 400))}: ${error.message}`);
      }
    }
    spool.end();
    await finished(spool);
    if (isLegal) return { count, references: () => spooled(file), remove };
    await remove();
    return undefined;
  } catch (error) {
    await remove();
    throw error;
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

async function* spooled(file: string): AsyncGenerator<ImageTag> {
  for await (const line of linesOf(createReadStream(file))) yield parseReference(line);
}
