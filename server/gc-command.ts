// `swr-tag-delete gc`, the command around stores/layout/gc/.
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { isDirectory, noDirectory } from './process/directories.ts';
import { Problems } from './process/input/problems.ts';
import { printable } from './process/printable.ts';
import { collectGarbage } from './stores/layout/gc/collect-garbage.ts';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DEFAULT_GRACE = '24h';
const EXIT_FAILED = 1;

const examples = `
It works on layouts alone: a registry has a garbage collector of its own.

Examples:
  swr-tag-delete gc --data-dir /srv/images --dry-run
  swr-tag-delete gc --data-dir /srv/images --grace 7d

Exit codes: 0 done, 1 a repository was left alone, 2 usage error.`;

/** As it was given, and in milliseconds. */
interface Duration {
  readonly text: string;
  readonly ms: number;
}

interface Options {
  readonly dataDir: string;
  /** Blobs that were written within this time are kept. */
  readonly grace: Duration;
  readonly dryRun?: boolean;
}

/** The command. */
export function gcCommand(): Command {
  return new Command('gc')
    .description('Frees the blobs that no image references any more. Best run while nobody pushes.')
    .addOption(new Option('--data-dir <dir>', 'the directory of the image layouts').env('DATA_DIR').default('data'))
    .addOption(
      new Option('--grace <duration>', 'keep blobs written within this time: a number with s, m, h or d')
        .argParser(duration)
        .default(duration(DEFAULT_GRACE), DEFAULT_GRACE),
    )
    .option('--dry-run', 'list what would be freed, and free nothing')
    .addHelpText('after', examples)
    .action(collect);
}

/** @throws Problems if there is no such directory */
async function collect({ dataDir, grace, dryRun = false }: Options): Promise<void> {
  if (!isDirectory(dataDir)) throw new Problems([`--data-dir (or DATA_DIR) ${noDirectory(dataDir)}`]);
  // Stop if the output cannot be written (`| head -1`, a closed terminal, a full disk): no blob is freed without a line.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit(EXIT_FAILED));
  const would = dryRun ? 'would free' : 'freed';
  let blobs = 0;
  let bytes = 0;
  let young = 0;
  for await (const result of collectGarbage(resolve(dataDir), { graceMs: grace.ms, dryRun, now: Date.now() })) {
    if ('reason' in result) {
      process.stderr.write(`${printable(`${result.repository}: left alone: ${result.reason}`)}\n`);
      process.exitCode = EXIT_FAILED;
      continue;
    }
    if ('aliasOf' in result) {
      const line = `${result.repository}: a symbolic link to ${result.aliasOf}, which is collected as such`;
      process.stdout.write(`${printable(line)}\n`);
      continue;
    }
    young += result.young;
    for (const blob of result.blobs) {
      process.stdout.write(`${printable(result.repository)}: ${would} ${blob.digest}, ${blob.bytes} bytes\n`);
      blobs += 1;
      bytes += blob.bytes;
    }
  }
  process.stdout.write(`${would} ${blobs} blobs, ${bytes} bytes in all\n`);
  if (young > 0)
    process.stdout.write(`${young} more stay for now: they were written or changed within ${grace.text} (--grace)\n`);
}

function duration(text: string): Duration {
  const [, amount, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined)
    throw new InvalidArgumentError('It must be a number with s, m, h or d, such as 24h.');
  return { text, ms: Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS] };
}
