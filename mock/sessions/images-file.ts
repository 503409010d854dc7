// Reads the file of `--images`: a YAML list of images that exist, each as `namespace/repository:tag`.
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { illegalParameters, sentRepository } from '../../openapi/names.ts';
import { Problems } from '../../server/process/input/problems.ts';
import type { SentImage } from './images.ts';

/** Max characters of an entry that a message quotes. */
const QUOTED_LENGTH = 400;

/** @throws Problems with every problem of the file */
export async function readImages(file: string): Promise<SentImage[]> {
  const entries = await readList(file);
  const problems: string[] = [];
  const images = entries.map((entry, index) => imageOf(entry, (problem) => problems.push(`${index + 1}: ${problem}`)));
  if (problems.length > 0) throw new Problems(problems);
  return images;
}

async function readList(file: string): Promise<unknown[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Problems([`cannot be read: ${error.code}`]);
  });
  let list: unknown;
  try {
    list = parse(text);
  } catch (error) {
    throw new Problems([`is not valid YAML: ${(error as Error).message.split('\n', 1)[0]}`]);
  }
  if (!Array.isArray(list)) throw new Problems(['must be a YAML list of namespace/repository:tag']);
  return list;
}

function imageOf(entry: unknown, report: (problem: string) => void): SentImage {
  const text = typeof entry === 'string' ? entry : JSON.stringify(entry);
  const quoted = text.slice(0, QUOTED_LENGTH);
  const [, namespace, name, tag] = /^([^/:]*)\/([^:]*):([^:]*)$/.exec(text) ?? [];
  if (typeof entry !== 'string' || namespace === undefined || name === undefined || tag === undefined) {
    report(`${quoted} must read namespace/repository:tag`);
    return { namespace: '', repository: '', tag: '' };
  }
  const image = { namespace, repository: sentRepository(name), tag };
  for (const parameter of illegalParameters('deleteRepoTag', image)) {
    report(`${quoted}: the ${parameter} is not one that the contract allows`);
  }
  return image;
}
