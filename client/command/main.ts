#!/usr/bin/env node
// The composition root of the command swr-tag-delete.
import { fstatSync } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { CommanderError } from 'commander';
import { createPooledFetch } from '../pooled-fetch.ts';
import { createTagClient } from '../tag-client.ts';
import { bulkDelete } from './bulk-delete.ts';
import { CannotAsk, confirm } from './confirm.ts';
import { type Interrupts, onInterrupt } from './interrupts.ts';
import { type CommandOptions, readOptions } from './options.ts';
import { type ReferenceList, readReferences } from './reference-list.ts';
import { createReporter } from './report.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode;
  } else {
    const { name, message } = error as Error;
    process.stderr.write(name === 'AbortError' ? 'Interrupted. Nothing was deleted.\n' : `error: ${message}\n`);
    process.exitCode = error instanceof CannotAsk ? EXIT_USAGE : EXIT_FAILED;
  }
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env);
  const interrupts = onInterrupt();
  // If the reader of standard output goes away (`| head`), stop as at Ctrl-C. If that of standard error does, go on.
  process.stdout.on('error', () => interrupts.interrupt());
  process.stderr.on('error', () => undefined);
  for (const warning of options.warnings) process.stderr.write(`warning: ${warning}\n`);
  const reportInvalid = (problem: string) => process.stderr.write(`error: ${problem}\n`);
  const list = await readReferences(options.references, () => standardInput(interrupts.stop), reportInvalid);
  if (list === undefined) {
    process.stderr.write('Nothing was deleted.\n');
    return EXIT_USAGE;
  }
  try {
    if (options.dryRun) return await listOnly(list, options, interrupts.stop);
    const isAsked = list.count > 1 && !options.yes && process.stderr.isTTY;
    const question = `Delete ${list.count} tags at ${options.endpoint}?`;
    if (isAsked && !(await confirm(question, process.stderr, interrupts.stop))) {
      process.stderr.write('Nothing was deleted.\n');
      return EXIT_FAILED;
    }
    return await deleteAll(list, options, interrupts);
  } finally {
    list.close();
  }
}

/** @throws Error if it is a directory, which Node takes for an empty stream */
function standardInput(stop: AbortSignal): AsyncIterable<Buffer> {
  if (fstatSync(0).isDirectory()) throw new Error('standard input is a directory');
  return addAbortSignal(stop, process.stdin);
}

async function listOnly(list: ReferenceList, { json }: CommandOptions, stop: AbortSignal): Promise<number> {
  const reporter = createReporter({ count: list.count, json, stdout: process.stdout, stderr: process.stderr });
  for await (const image of list.references()) {
    if (stop.aborted) return EXIT_FAILED;
    await reporter.result({ image, outcome: 'would-delete' });
  }
  reporter.end();
  return 0;
}

async function deleteAll(list: ReferenceList, options: CommandOptions, interrupts: Interrupts): Promise<number> {
  const { endpoint, credentials, json } = options;
  if (credentials === undefined) throw new TypeError('credentials are missing');
  const fetch = createPooledFetch(options.concurrency);
  const client = createTagClient({ baseUrl: endpoint, ...credentials, fetch });
  const reporter = createReporter({ count: list.count, json, stdout: process.stdout, stderr: process.stderr });
  const announce = () =>
    process.stderr.write('\nStopping: deletes in flight finish. Press Ctrl-C again to cut them off.\n');
  interrupts.stop.addEventListener('abort', announce, { once: true });
  await bulkDelete(list.references(), { ...options, ...interrupts, client }, reporter.result);
  return reporter.end() ? 0 : EXIT_FAILED;
}
