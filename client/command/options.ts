// The command line and the environment, checked.
import { isIP } from 'node:net';
import { Command, InvalidArgumentError, Option } from 'commander';
import { readBaseUrl, withoutTrailingSlash } from '../base-url.ts';
import { readForwardProxies } from '../transport/forward-proxy.ts';
import type { Rate } from './bulk-delete.ts';
import { checked, type GivenCredentials, readCredentials } from './credentials.ts';
import { imageHostsOf } from './references/reference.ts';
import { STANDARD_INPUT } from './references/reference-list.ts';

/** Everything the command needs to run. */
export interface CommandOptions {
  readonly endpoint: string;
  readonly references: readonly string[];
  /** Hosts that references may begin with. */
  readonly imageHosts: ReadonlySet<string>;
  readonly credentials: GivenCredentials | undefined;
  readonly concurrency: number;
  readonly rate: Rate | undefined;
  /** Max tries of a delete after its first one. */
  readonly retries: number;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly ignoreMissing: boolean;
  readonly json: boolean;
  readonly failFast: boolean;
  /** Shown before the run: options that are allowed but unsafe. */
  readonly warnings: readonly string[];
}

/** The flags as they are given. */
export interface Flags {
  readonly endpoint: string;
  readonly imageHost?: readonly string[];
  readonly token?: string;
  readonly accessKey?: string;
  readonly secretKey?: string;
  readonly concurrency: number;
  readonly rate?: Rate;
  readonly retries: number;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly ignoreMissing?: boolean;
  readonly output?: (typeof FORMATS)[number];
  readonly failFast?: boolean;
}

const PERIOD_MS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;

const examples = `
A reference is namespace/repository:tag. ${STANDARD_INPUT} reads a list from standard input, one
reference per line. The word delete may be left out.

Examples:
  swr-tag-delete --endpoint http://127.0.0.1:8080 group/busybox:v1
  cat refs.txt | swr-tag-delete --endpoint https://swr.example --rate 120/m ${STANDARD_INPUT}

Credentials: SWR_TOKEN, or SWR_TOKEN_COMMAND (a shell command that writes a
token), or SWR_ACCESS_KEY and SWR_SECRET_KEY.
Exit codes: 0 all deleted, 1 some failed or not tried, 2 usage error.`;

/** What standard output has of each reference. */
const FORMATS = ['text', 'json'] as const;

/** The command line of the bulk delete. */
export function deleteOptions(): Command {
  return (
    new Command('delete')
      .description('Deletes tags of container images, and never their siblings.')
      .argument('<reference...>', 'tags to delete')
      .addOption(new Option('--endpoint <url>', "the provider's URL").env('SWR_ENDPOINT').makeOptionMandatory())
      .option('--image-host <host>', 'leave this host out of references; may be repeated', imageHost)
      .option('--token <token>', 'IAM token; SWR_TOKEN is safer')
      .option('--access-key <key>', 'access key for signing, or SWR_ACCESS_KEY')
      .option('--secret-key <key>', 'its secret key; SWR_SECRET_KEY is safer')
      .option('--concurrency <n>', 'max deletes at once, 1 to 256', concurrency, 4)
      .option('--rate <n/unit>', 'max deletes per second (s), minute (m) or hour (h)', rate)
      .option('--retries <n>', 'max retries of each delete, 0 to 10', retryCount, 4)
      .option('--dry-run', 'check the references and list them; send nothing')
      .option('--yes', 'do not ask before deleting more than one tag')
      .option('--ignore-missing', 'do not count a tag that does not exist as a failure')
      .addOption(new Option('--output <format>', 'a line per reference, or an object').choices(FORMATS).default('text'))
      // Its older name.
      .addOption(new Option('--json').implies({ output: 'json' }).hideHelp())
      .option('--fail-fast', 'stop after the first failure')
      .addHelpText('after', examples)
  );
}

/** @throws CommanderError if the flags and the environment do not fit; its message is written already */
export function checkOptions(
  references: readonly string[],
  flags: Flags,
  command: Command,
  env: NodeJS.ProcessEnv,
): CommandOptions {
  const usage = (message: string): never => command.error(`error: ${message}`);
  const endpoint = readEndpoint(flags.endpoint, usage);
  checked(readForwardProxies, usage);
  if (references.filter((reference) => reference === STANDARD_INPUT).length > 1) {
    usage(`${STANDARD_INPUT} is given twice: standard input can be read once`);
  }
  const credentials = readCredentials(flags, env, usage);
  const { concurrency, rate, retries, dryRun = false, yes = false, ignoreMissing = false, output } = flags;
  if (credentials === undefined && !dryRun) {
    usage('credentials are missing: set SWR_TOKEN, SWR_TOKEN_COMMAND, or SWR_ACCESS_KEY and SWR_SECRET_KEY');
  }
  const imageHosts = imageHostsOf(endpoint, flags.imageHost ?? []);
  const warnings = warningsOf({ ...flags, endpoint });
  const given = {
    concurrency,
    rate,
    retries,
    dryRun,
    yes,
    ignoreMissing,
    json: output === 'json',
    failFast: flags.failFast ?? false,
  };
  return { ...given, endpoint, references, imageHosts, credentials, warnings };
}

function warningsOf({ token, secretKey, endpoint: url }: Flags): string[] {
  const warnings: string[] = [];
  if (token !== undefined)
    warnings.push('a token on the command line can be seen by others on this machine: set SWR_TOKEN instead');
  if (secretKey !== undefined) {
    warnings.push('a secret key on the command line can be seen by others on this machine: set SWR_SECRET_KEY instead');
  }
  const { protocol, hostname } = new URL(url);
  const isLocal =
    hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'));
  if (protocol === 'http:' && !isLocal)
    warnings.push(`${url} is not encrypted: a reader of the network can take the credentials and delete tags`);
  return warnings;
}

/**
 * Not left to Commander: it would quote the URL, which may contain a password.
 * @returns the URL as it is used: without blanks around it, an empty query, or slashes at its end
 */
function readEndpoint(text: string, usage: (message: string) => never): string {
  try {
    return withoutTrailingSlash(readBaseUrl(text));
  } catch (error) {
    return usage((error as Error).message.replace(/^baseUrl/, '--endpoint (or SWR_ENDPOINT)'));
  }
}

function imageHost(text: string, others: readonly string[] = []): string[] {
  if (!/^[^\s/]+$/.test(text))
    throw new InvalidArgumentError('It must be a host, with its port if references have one.');
  return [...others, text];
}

const concurrency = (text: string) => wholeNumber(text, 1, 256);
const retryCount = (text: string) => wholeNumber(text, 0, 10);

function wholeNumber(text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  return value;
}

function rate(text: string): Rate {
  const { count, unit } = /^(?<count>[1-9]\d{0,6})\/(?<unit>[smh])$/.exec(text)?.groups ?? {};
  if (count === undefined || unit === undefined)
    throw new InvalidArgumentError('It must read like 120/m: a number, then s, m or h.');
  return { count: Number(count), periodMs: PERIOD_MS[unit as keyof typeof PERIOD_MS] };
}
