// The command line of the consumer check. All of its problems are reported at once.
import type { Command } from 'commander';
import { CannotRun } from '../cannot-run.ts';
import { checkCommand, port } from '../command-line.ts';
import type { Level } from '../contract/level.ts';
import type { Upstream } from './traffic/tunnel.ts';

/** The options of the consumer check. */
export interface ConsumerOptions {
  readonly upstream: Upstream;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly reportDir: string | undefined;
  /** The contract's file; undefined for this package's own. */
  readonly contract: string | undefined;
  readonly level: Level;
  readonly allowUnverified: boolean;
  /** Ends the check after this many seconds without a byte; before the first one, after a minute at least. */
  readonly untilIdleSeconds: number | undefined;
}

/** The options as they are given. */
export interface Given {
  readonly upstream: string;
  readonly port: number;
  readonly host: string;
  readonly reportDir?: string;
  readonly contract?: string;
  readonly level: Level;
  readonly allowUnverified?: boolean;
  readonly untilIdle?: string;
}

const DEFAULT_PORTS = { 'http:': 80, 'https:': 443 } as const;
const MAX_IDLE_SECONDS = 86_400;

/** @throws CannotRun that lists every problem at once */
export function checkOptions(given: Given): ConsumerOptions {
  const problems: string[] = [];
  const options: ConsumerOptions = {
    upstream: upstreamOf(given.upstream, problems),
    host: given.host,
    port: given.port,
    reportDir: given.reportDir,
    contract: given.contract,
    level: given.level,
    allowUnverified: given.allowUnverified ?? false,
    untilIdleSeconds: given.untilIdle === undefined ? undefined : idleOf(given.untilIdle, problems),
  };
  if (!/^[A-Za-z0-9.:-]+$/.test(given.host)) {
    problems.push(`--host ${given.host}: must be an address or a name of this machine`);
  }
  if (isItself(options))
    problems.push(`--upstream ${given.upstream}: is the address that this proxy itself listens on`);
  if (problems.length > 0) throw new CannotRun(problems);
  return options;
}

const help = `
Ctrl-C ends the check with its report.

Example:
  swr-tag-delete mock &
  swr-tag-delete verify-consumer --upstream http://127.0.0.1:4010 &
  # Run the consumer with http://127.0.0.1:4020 as its endpoint, then: kill %2

Exit codes: 0 all verified, 1 something violated, 2 the check could not run,
3 nothing violated, something not verified.`;

/** The command line of the consumer check. */
export function consumerOptions(): Command {
  return checkCommand(
    'verify-consumer',
    'A proxy in front of a mock or a provider. It passes every byte, and judges what the consumer sends and receives.',
  )
    .requiredOption('--upstream <url>', 'the mock or provider, such as http://127.0.0.1:4010, with its base path')
    .option('--port <port>', 'the port for the consumer; 0 takes a free one', port, 4020)
    .option('--host <host>', 'the address to listen on', '127.0.0.1')
    .option(
      '--until-idle <seconds>',
      'ends the check after this long without a byte; before the first request, after 60 s at least',
    )
    .addHelpText('after', help);
}

/** Bytes pass unchanged, so the consumer itself must put the provider's base path before its paths. */
function upstreamOf(text: string, problems: string[]): Upstream {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isTls = url?.protocol === 'https:';
  if (url === null || !(url.protocol in DEFAULT_PORTS)) {
    problems.push(`--upstream ${text}: must be an address such as http://host:port or https://host:port`);
  } else if (url.search !== '' || url.hash !== '' || url.username !== '') {
    problems.push(
      `--upstream ${url.origin}…: must have only scheme, host, port and base path, because requests pass unchanged`,
    );
  }
  return {
    origin: url?.origin ?? '',
    basePath: url?.pathname.replace(/\/+$/, '') ?? '',
    host: url?.hostname.replace(/^\[|\]$/g, '') ?? '',
    port: Number(url?.port) || DEFAULT_PORTS[isTls ? 'https:' : 'http:'],
    isTls,
  };
}

function idleOf(text: string, problems: string[]): number {
  const seconds = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || seconds <= 0 || seconds > MAX_IDLE_SECONDS) {
    problems.push(`--until-idle ${text}: must be a number of seconds up to ${MAX_IDLE_SECONDS}`);
  }
  return seconds;
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1', '0.0.0.0', '::']);

const isItself = ({ upstream, host, port }: ConsumerOptions): boolean =>
  port === upstream.port && (host === upstream.host || (LOOPBACK.has(host) && LOOPBACK.has(upstream.host)));
