// The floor of durable deletes: reads an index, writes the same bytes without the deleted descriptors to a new file,
// syncs file and directory, and nothing else. Prints the milliseconds that a delete takes.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const [file = '', deletes = '1', atOnce = '1', tags = '1'] = process.argv.slice(2);
/** Bytes of a descriptor, on average. */
const descriptor = Math.floor(statSync(file).size / Number(tags));
const removed = descriptor * Number(atOnce);

function rewrite(): void {
  const bytes = readFileSync(file);
  const next = openSync(`${file}.next`, 'w');
  writeSync(next, bytes, 0, Math.max(0, bytes.length - removed));
  fsyncSync(next);
  closeSync(next);
  renameSync(`${file}.next`, file);
  const directory = openSync(dirname(file), 'r');
  fsyncSync(directory);
  closeSync(directory);
}

const begin = performance.now();
for (let left = Number(deletes); left > 0; left -= Number(atOnce)) rewrite();
process.stdout.write(`${(performance.now() - begin) / Number(deletes)}\n`);
