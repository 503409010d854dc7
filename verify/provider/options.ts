// The command line of the provider check.
import { InvalidArgumentError } from 'commander';
import { checkCommand, parsed, wholeNumber } from '../command-line.ts';
import type { Level } from '../contract/level.ts';
import { DEFAULT_MAX_REQUESTS, DEFAULT_TIMEOUT_MS } from './verify-provider.ts';

export interface CommandOptions {
  readonly baseUrl: string;
  readonly fixtures: string;
  readonly reportDir?: string;
  readonly contract?: string;
  readonly level: Level;
  readonly seed?: number;
  readonly maxRequests: number;
  /** Requests per second; 0 for no limit. */
  readonly rate: number;
  /** In seconds. */
  readonly timeout: number;
  readonly dryRun: boolean;
  readonly allowUnverified: boolean;
}

const help = `
The fixtures are a YAML file:
  credentials:                   # optional with --level base
    allowed:   {token: …}        # or {accessKey: …, secretKey: …}, or all three: then both ways in are checked
    forbidden: {token: …}        # known, but may not delete in images.namespace
  images:                        # exist before the run; each tag is deleted at most once
    namespace: group
    repository: team/app
    tags: [v1, v2, v3, v4, v5, v6, V1, v10]
  absent:
    tag: no-such-tag             # a tag that no repository has
    repository: no-such-repo
    namespace: no-such-org
  provoke:                       # optional: a status or an example of the contract, and whose deletion is answered so
    "500": {namespace: group, repository: team/app, tag: boom}

Exit codes: 0 all verified; 1 something violated; 2 the check could not run; 3 nothing violated, something not verified.
The environment variable NODE_EXTRA_CA_CERTS names a file of further certificate authorities for https.
HTTPS_PROXY, HTTP_PROXY and NO_PROXY are honoured. The proxy must allow CONNECT to the provider's port, for http too: the
requests include illegal ones, which a proxy would mend or refuse.`;

/**
 * Reads the command line of the provider check.
 * @returns undefined if help was asked for
 * @throws CannotRun if the command line is wrong
 */
export function readOptions(args: readonly string[]): CommandOptions | undefined {
  const command = checkCommand(
    'npm run verify --',
    'Checks a provider against the contract. It deletes the tags that the fixtures offer, and nothing else.',
  )
    .argument('<baseUrl>', 'the provider, such as http://partner.example:8080 or https://host/prefix', baseUrl)
    .requiredOption('--fixtures <file>', 'what the provider holds for the check, in YAML')
    .option('--seed <n>', 'repeats the random cases of a run', wholeNumber(0, 2 ** 31 - 1))
    .option('--max-requests <n>', 'the most requests to send', wholeNumber(1, 1_000_000), DEFAULT_MAX_REQUESTS)
    .option('--rate <n>', 'requests a second, for a provider that throttles; 0 is as fast as it goes', rate, 0)
    .option('--timeout <seconds>', 'the longest wait for an answer', wholeNumber(1, 600), DEFAULT_TIMEOUT_MS / 1000)
    .option('--dry-run', 'lists the cases, and sends nothing', false)
    .addHelpText('after', help);
  const given = parsed(command, args);
  if (given === undefined) return undefined;
  return { ...given.opts<Omit<CommandOptions, 'baseUrl'>>(), baseUrl: given.processedArgs[0] as string };
}

function baseUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError('It must be an http or https URL.');
  }
  const { username, password, search, hash } = new URL(text);
  if (username || password || search || hash)
    throw new InvalidArgumentError('It must hold no user, query or fragment.');
  return text;
}

function rate(text: string): number {
  const value = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || value > 10_000 || (value > 0 && value < 0.01)) {
    throw new InvalidArgumentError('It must be 0, or a number from 0.01 to 10000.');
  }
  return value;
}
