#!/usr/bin/env node
// The composition root of the command swr-tag-delete.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { addAbortSignal } from 'node:stream';
import { CommanderError } from 'commander';
import { createTagClient } from '../tag-client.ts';
import { bulkDelete } from './bulk-delete.ts';
import { type CommandOptions, readOptions } from './options.ts';
import { type ReferenceList, readReferences } from './reference-list.ts';
import { createReporter } from './report.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

// Whoever reads the output may go away (`| head`): then there is nobody left to tell.
process.stdout.on('error', () => process.exit(EXIT_FAILED));

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode;
  } else {
    const { name, message } = error as Error;
    process.stderr.write(name === 'AbortError' ? 'Interrupted. Nothing was deleted.\n' : `error: ${message}\n`);
    process.exitCode = EXIT_FAILED;
  }
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env);
  for (const warning of options.warnings) process.stderr.write(`warning: ${warning}\n`);
  const interrupts = onInterrupt();
  const report = (problem: string) => process.stderr.write(`error: ${problem}\n`);
  const input = () => addAbortSignal(interrupts.stop, process.stdin);
  const list = await readReferences(options.references, input, report);
  if (list === undefined) {
    process.stderr.write('Nothing was deleted.\n');
    return EXIT_USAGE;
  }
  try {
    if (options.dryRun) return await listOnly(list, options);
    const isAsked = list.count > 1 && !options.yes && process.stderr.isTTY;
    if (isAsked && !(await isConfirmed(list.count, options.endpoint, interrupts.stop))) {
      process.stderr.write('Nothing was deleted.\n');
      return EXIT_FAILED;
    }
    return await deleteAll(list, options, interrupts);
  } finally {
    await list.remove();
  }
}

/** `stop` after the first Ctrl-C, `abort` after the second one. */
interface Interrupts {
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
}

function onInterrupt(): Interrupts {
  const stop = new AbortController();
  const abort = new AbortController();
  const interrupt = () => {
    if (stop.signal.aborted) abort.abort(new Error('interrupted'));
    stop.abort(new Error('interrupted'));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return { stop: stop.signal, abort: abort.signal };
}

async function listOnly(list: ReferenceList, { json }: CommandOptions): Promise<number> {
  const reporter = createReporter({ count: list.count, json, stdout: process.stdout, stderr: process.stderr });
  for await (const image of list.references()) await reporter.result({ image, outcome: 'would-delete' });
  reporter.end();
  return 0;
}

async function deleteAll(list: ReferenceList, options: CommandOptions, interrupts: Interrupts): Promise<number> {
  const { endpoint, credentials, json } = options;
  if (credentials === undefined) throw new TypeError('credentials are missing');
  const client = createTagClient({ baseUrl: endpoint, ...credentials });
  const reporter = createReporter({ count: list.count, json, stdout: process.stdout, stderr: process.stderr });
  const announce = () =>
    process.stderr.write('\nStopping: what is in flight finishes; Ctrl-C once more cuts it off.\n');
  interrupts.stop.addEventListener('abort', announce, { once: true });
  await bulkDelete(list.references(), { ...options, ...interrupts, client }, reporter.result);
  return reporter.end() ? 0 : EXIT_FAILED;
}

/** Asks at the terminal, also where standard input is the list. */
async function isConfirmed(count: number, endpoint: string, signal: AbortSignal): Promise<boolean> {
  const input = process.stdin.isTTY ? process.stdin : createReadStream('/dev/tty');
  // The terminal itself shows what is typed.
  const terminal = createInterface({ input, output: process.stderr, terminal: false });
  try {
    const answer = await terminal.question(`Delete ${count} tags at ${endpoint}? [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    terminal.close();
    input.destroy();
  }
}
