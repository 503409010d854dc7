// `swr-tag-delete delete`, the composition root of the bulk delete.
import { fstatSync } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import type { Command } from 'commander';
import type { Credentials } from '../authentication.ts';
import { createTagClient } from '../tag-client.ts';
import { createPooledFetch } from '../transport/pooled-fetch.ts';
import { bulkDelete } from './bulk-delete.ts';
import { CannotAsk, confirm, isAtTerminal } from './confirm.ts';
import { type Interrupts, onInterrupt } from './interrupts.ts';
import { type CommandOptions, checkOptions, deleteOptions, type Flags } from './options.ts';
import { createOutput, type Output } from './output/output.ts';
import { printable } from './output/printable.ts';
import { createReporter } from './output/report.ts';
import { type ReferenceList, readReferences } from './references/reference-list.ts';
import { runTokenCommand } from './token-command.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** The command. */
export function deleteCommand(): Command {
  return deleteOptions().action((references: string[], flags: Flags, command: Command) =>
    run(checkOptions(references, flags, command, process.env)),
  );
}

/** What a run writes to, and how it is told to end. */
interface Surroundings {
  readonly interrupts: Interrupts;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Writes a line to standard error. */
  say(line: string): void;
}

async function run(options: CommandOptions): Promise<never> {
  const interrupts = onInterrupt();
  // If the reader of standard output goes away (`| head`), stop as at Ctrl-C. If that of standard error does, go on.
  const stdout = createOutput(process.stdout, interrupts.giveUp, interrupts.interrupt);
  const stderr = createOutput(process.stderr, interrupts.giveUp, () => undefined);
  const say = (line: string) => void stderr.write(`${printable(line)}\n`);
  const surroundings = { interrupts, stdout, stderr, say };
  const code = await deleteListed(options, surroundings).catch((error: unknown) => exitCodeOf(error, say));
  await stdout.flush();
  await stderr.flush();
  // Not left to an event loop that runs dry: a reader that stalls would keep it alive.
  process.exit(code);
}

async function deleteListed(options: CommandOptions, surroundings: Surroundings): Promise<number> {
  const { interrupts, say } = surroundings;
  for (const warning of options.warnings) say(`warning: ${warning}`);
  const list = await readReferences(
    options.references,
    () => standardInput(interrupts.stop),
    options.imageHosts,
    (problem) => say(`error: ${problem}`),
  );
  if (list === undefined) return nothingDeleted(say, EXIT_USAGE);
  try {
    if (list.count === 0) return nothingDeleted(say, 0, 'The list is empty. ');
    if (options.dryRun) return await listOnly(list, options, surroundings);
    const isAsked = list.count > 1 && !options.yes && isAtTerminal();
    const question = `Delete ${list.count} tags at ${options.endpoint}?`;
    if (isAsked && !(await confirm(question, interrupts.stop))) return nothingDeleted(say, EXIT_FAILED);
    return await deleteAll(list, options, surroundings);
  } finally {
    list.close();
  }
}

function exitCodeOf(error: unknown, say: Surroundings['say']): number {
  const { name, message } = error as Error;
  if (name === 'AbortError') return nothingDeleted(say, EXIT_FAILED, 'Interrupted. ');
  say(`error: ${message}`);
  return error instanceof CannotAsk ? EXIT_USAGE : EXIT_FAILED;
}

function nothingDeleted(say: Surroundings['say'], exitCode: number, why = ''): number {
  say(`${why}Nothing was deleted.`);
  return exitCode;
}

/** @throws Error if it is a directory, which Node takes for an empty stream */
function standardInput(stop: AbortSignal): AsyncIterable<Buffer> {
  if (fstatSync(0).isDirectory()) throw new Error('standard input is a directory');
  return addAbortSignal(stop, process.stdin);
}

async function listOnly(
  list: ReferenceList,
  { json }: CommandOptions,
  { interrupts, stdout, stderr }: Surroundings,
): Promise<number> {
  const reporter = createReporter({ count: list.count, json, stdout, stderr }, { hasBar: false });
  for await (const image of list.references()) {
    if (interrupts.stop.aborted) return EXIT_FAILED;
    await reporter.result({ image, outcome: 'would-delete' });
  }
  return (await reporter.end()) ? 0 : EXIT_FAILED;
}

async function deleteAll(
  list: ReferenceList,
  options: CommandOptions,
  { interrupts, stdout, stderr, say }: Surroundings,
): Promise<number> {
  const { endpoint, json, concurrency, retries } = options;
  const credentials = await credentialsOf(options, interrupts).catch(({ message }: Error) => say(`error: ${message}`));
  if (!credentials) return nothingDeleted(say, EXIT_FAILED);
  const fetch = createPooledFetch(concurrency);
  const client = createTagClient({ baseUrl: endpoint, ...credentials, fetch, retry: { retries } });
  const reporter = createReporter({ count: list.count, json, stdout, stderr }, { hasBar: true });
  const announce = () =>
    void stderr.write('\nStopping: deletes in flight finish within 10 s. Press Ctrl-C again to cut them off.\n');
  interrupts.stop.addEventListener('abort', announce, { once: true });
  try {
    await bulkDelete(list.references(), { ...options, ...interrupts, client }, reporter.result);
  } catch (error) {
    // Such as the list, which cannot be read any more. What was deleted is told all the same.
    say(`error: ${(error as Error).message}`);
  }
  return (await reporter.end()) ? 0 : EXIT_FAILED;
}

/**
 * A token command is run before the first delete, and again after a 401. If it fails then, no further delete is tried.
 * @throws Error if it fails at once
 */
async function credentialsOf({ credentials }: CommandOptions, interrupts: Interrupts): Promise<Credentials> {
  if (credentials === undefined) throw new TypeError('credentials are missing');
  if (!('tokenCommand' in credentials)) return credentials;
  const { tokenCommand } = credentials;
  let first: string | undefined = await runTokenCommand(tokenCommand, interrupts.stop);
  const token = async () => {
    const given = first;
    first = undefined;
    return given ?? (await runTokenCommand(tokenCommand, interrupts.abort).catch(stopAndThrow));
  };
  const stopAndThrow = (error: unknown): never => {
    interrupts.interrupt();
    throw error;
  };
  return { token };
}
