// The command line of the provider check.
import { type Command, InvalidArgumentError } from 'commander';
import { checkCommand, wholeNumber } from '../command-line.ts';
import type { Level } from '../contract/level.ts';
import { DEFAULT_MAX_REQUESTS, DEFAULT_TIMEOUT_MS } from './verify-provider.ts';

/** What the options come to. */
export interface ProviderOptions {
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
  readonly dryRun?: boolean;
  readonly allowUnverified?: boolean;
}

const help = `
The fixtures are a YAML file:
  credentials:                   # optional with --level base
    allowed:   {token: …}        # or {accessKey: …, secretKey: …}, or all three
    forbidden: {token: …}        # known, but may not delete in images.namespace
  images:                        # exist before the run; a tag is deleted once
    namespace: group
    repository: team/app
    tags: [v1, v2, v3, v4, v5, v6, V1, v10]
  absent: {tag: no-such-tag, repository: no-such-repo, namespace: no-such-org}
  provoke:                       # optional: whose deletion has which answer
    "500": {namespace: group, repository: team/app, tag: boom}

Example:
  swr-tag-delete verify http://127.0.0.1:4010 --fixtures fixtures.yaml

Exit codes: 0 all verified, 1 something violated, 2 the check could not run,
3 nothing violated, something not verified. NODE_EXTRA_CA_CERTS, HTTPS_PROXY,
HTTP_PROXY and NO_PROXY are honoured; the proxy must allow CONNECT.`;

/** The command line of the provider check. */
export function providerOptions(): Command {
  return checkCommand(
    'verify',
    'Checks a provider against the contract. Deletes the tags that the fixtures offer, and nothing else.',
  )
    .argument('<baseUrl>', 'such as http://partner.example:8080/prefix', baseUrl)
    .requiredOption('--fixtures <file>', 'what the provider holds for the check, in YAML')
    .option('--seed <n>', 'repeats the random cases of a run', wholeNumber(0, 2 ** 31 - 1))
    .option('--max-requests <n>', 'most requests to send', wholeNumber(1, 1_000_000), DEFAULT_MAX_REQUESTS)
    .option('--rate <n>', 'requests a second; 0: no limit', rate, 0)
    .option('--timeout <seconds>', 'longest wait for an answer', wholeNumber(1, 600), DEFAULT_TIMEOUT_MS / 1000)
    .option('--dry-run', 'lists the cases, and sends nothing')
    .addHelpText('after', help);
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
