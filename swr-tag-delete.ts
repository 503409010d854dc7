#!/usr/bin/env node
// The command swr-tag-delete. It loads the file of the command that was named, and of no other.
import { Command, CommanderError } from 'commander';
import { printableLines } from './client/command/output/printable.ts';
import { description, version } from './server/process/package.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Milliseconds to write what is left. Beyond that the rest is lost: a stalled reader would keep the process alive. */
const FLUSH_MS = 300;

/** A command in the overview, and the file that has its options and does its work. */
interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** Runs if no command is named. */
const DEFAULT = 'delete';

const entries: Readonly<Record<string, Entry>> = {
  delete: {
    summary: 'deletes tags; runs if no command is named',
    load: async () => (await import('./client/command/command.ts')).deleteCommand(),
  },
  serve: {
    summary: 'runs the server on images on disk or in a registry',
    load: async () => (await import('./server/serve-command.ts')).serveCommand(),
  },
  token: {
    summary: 'makes a token, and the entry of CREDENTIALS_FILE for its caller',
    load: async () => (await import('./server/token-command.ts')).tokenCommand(),
  },
  gc: {
    summary: 'frees the space of deleted images on disk',
    load: async () => (await import('./server/gc-command.ts')).gcCommand(),
  },
  mock: {
    summary: 'a stand-in for the API, to develop consumers against',
    load: async () => (await import('./mock/command.ts')).mockCommand(),
  },
  verify: {
    summary: 'checks a provider of the API against the contract',
    load: async () => (await import('./verify/provider/command.ts')).verifyCommand(),
  },
  'verify-consumer': {
    summary: 'checks a consumer of the API, as a proxy in front of a mock',
    load: async () => (await import('./verify/consumer/command.ts')).verifyConsumerCommand(),
  },
  completion: {
    summary: 'completion after TAB in bash, zsh or fish',
    load: async () => (await import('./client/command/completion.ts')).completionCommand(),
  },
  'faulty-provider': {
    summary: 'a provider with one fault, to see what verify says of it',
    load: async () => (await import('./verify/faulty-providers/command.ts')).faultyProviderCommand(),
  },
};

const examples = `
Examples:
  swr-tag-delete --endpoint http://127.0.0.1:8080 group/busybox:v1
  swr-tag-delete mock --port 4010
  swr-tag-delete verify http://127.0.0.1:4010 --fixtures fixtures.yaml
  STORE=registry REGISTRY_URL=http://127.0.0.1:5000 swr-tag-delete serve

swr-tag-delete <command> --help explains a command.`;

// Stack traces name the sources. Before anything else is loaded: what is loaded already keeps its own.
process.setSourceMapsEnabled(true);
hideWarning('DEP0169');
// The reader of help or of an error may go away (`| head -1`). A command that writes more has listeners of its own.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
try {
  await run(process.argv.slice(2));
} catch (error) {
  report(error);
}

/**
 * Hides a warning of Node that a user cannot mend: express-openapi-validator calls url.parse (DEP0169). Others are written
 * as ever, and this one too with `--trace-deprecation`.
 */
function hideWarning(code: string): void {
  if (process.traceDeprecation) return;
  const listeners = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if ((warning as NodeJS.ErrnoException).code !== code) for (const listener of listeners) listener(warning);
  });
}

/** @throws CommanderError, or what the command throws: an error with `problems` if it was called wrongly */
async function run(given: readonly string[]): Promise<void> {
  const args = given[0] === 'help' ? [...given.slice(1), '--help'] : given;
  // What the scripts of `completion` call.
  if (args[0] === 'complete' && args[1] === '--') return completeLine(args.slice(2));
  const program = createProgram();
  const [first = ''] = args;
  const isOverview = args.length === 0 || /^(-h|--help|-V|--version)$/.test(first);
  const named = nameIn(args);
  if (named === DEFAULT && /^[a-z][a-z-]*$/i.test(first) && first !== DEFAULT) {
    program.error(`error: unknown command '${first}'; the commands are ${Object.keys(entries).join(', ')}`);
  }
  await addCommands(program, isOverview ? undefined : named);
  if (args.length === 0) program.help({ error: true });
  await program.parseAsync([...args], { from: 'user' });
}

/** @param words of a command line, the last one under way */
async function completeLine(words: readonly string[]): Promise<void> {
  const program = createProgram();
  await addCommands(program, nameIn(words));
  for (const command of program.commands) {
    command.description(command.summary());
    if (command.name() === DEFAULT) for (const option of command.options) program.addOption(option);
  }
  (await import('./client/command/completion.ts')).complete(program, words);
}

/** The command that a line names. */
function nameIn([first = '']: readonly string[]): string {
  return Object.hasOwn(entries, first) ? first : DEFAULT;
}

/** @param loaded the command that comes with its options; the others are a name and a summary */
async function addCommands(program: Command, loaded: string | undefined): Promise<void> {
  for (const [name, { summary, load }] of Object.entries(entries)) {
    const command = name === loaded ? await load() : new Command(name);
    command.summary(summary).copyInheritedSettings(program);
    checkRequiredLast(command);
    command.showHelpAfterError(`swr-tag-delete ${name} --help lists what is allowed.`);
    program.addCommand(command, { isDefault: name === DEFAULT });
  }
}

/** Commander looks for missing options before unknown ones: `--nmae` would be told as a missing `--name`. */
function checkRequiredLast(command: Command): void {
  const required = command.options.filter(({ mandatory }) => mandatory);
  for (const option of required) option.makeOptionMandatory(false);
  command.hook('preAction', () => {
    const missing = required.filter((option) => command.getOptionValue(option.attributeName()) === undefined);
    const names = missing.map(({ flags }) => `'${flags}'`).join(' and ');
    if (missing.length > 0) command.error(`error: required option ${names} not specified`);
  });
}

function createProgram(): Command {
  return new Command('swr-tag-delete')
    .description(description)
    .usage('[command] [options]')
    .version(version)
    .helpCommand(false)
    .addHelpText('after', examples)
    .configureOutput({
      getErrHasColors: () => process.env['NO_COLOR'] === undefined,
      writeErr: (text) => process.stderr.write(printableLines(text)),
    })
    .exitOverride();
}

/** Writes why a command could not run, one problem a line and no stack, and ends the process. */
function report(error: unknown): void {
  if (error instanceof CommanderError) {
    // Help, version and commander's own errors are written already.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else {
    const { problems, message } = error as Error & { readonly problems?: readonly string[] };
    for (const problem of problems ?? [message]) process.stderr.write(printableLines(`error: ${problem}\n`));
    process.exitCode = problems === undefined ? EXIT_FAILED : EXIT_USAGE;
  }
  setTimeout(() => process.exit(), FLUSH_MS).unref();
}
