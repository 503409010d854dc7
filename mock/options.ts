// Reads and checks the command line.
import { Command, CommanderError } from 'commander';
import { Problems } from '../server/process/problems.ts';
import { everyImage, type Images, listedImages } from './images.ts';
import { readImages } from './images-file.ts';

const LOG_FORMATS = ['text', 'json'] as const;

type LogFormat = (typeof LOG_FORMATS)[number];

/** A day. */
const MAX_RETRY_AFTER_SECONDS = 86_400;

/** Settings of the mock. */
export interface MockOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly areFaultsOn: boolean;
  /** Whether pages of other origins may call the mock. */
  readonly isCorsOn: boolean;
  readonly images: Images;
  /** Seconds in the header Retry-After. */
  readonly retryAfterSeconds: number;
  readonly logFormat: LogFormat;
  /** File to write once the mock listens. */
  readonly readyFile: string | undefined;
}

/**
 * Reads the command line, and the images file if it names one.
 * @returns undefined if help was requested; it is already printed
 * @throws Problems with every problem of both
 */
export async function readOptions(args: readonly string[]): Promise<MockOptions | undefined> {
  const given = parse(args);
  if (given === undefined) return undefined;
  const problems: string[] = [];
  const port = Number(given.port);
  if (!/^\d{1,5}$/.test(given.port) || port > 65_535) {
    problems.push(`--port ${given.port}: must be a port number up to 65535, or 0 for a free port`);
  }
  if (!/^[A-Za-z0-9.:-]+$/.test(given.host)) {
    problems.push(`--host ${given.host}: must be an address or a host name of this machine`);
  }
  const retryAfterSeconds = Number(given.retryAfter);
  if (!/^[1-9]\d{0,4}$/.test(given.retryAfter) || retryAfterSeconds > MAX_RETRY_AFTER_SECONDS) {
    problems.push(
      `--retry-after ${given.retryAfter}: must be a number of seconds from 1 to ${MAX_RETRY_AFTER_SECONDS}`,
    );
  }
  const logFormat = LOG_FORMATS.find((one) => one === given.log);
  if (logFormat === undefined) problems.push(`--log ${given.log}: must be ${LOG_FORMATS.join(' or ')}`);
  const images = await imagesOf(given.images, problems);
  if (problems.length > 0 || logFormat === undefined) throw new Problems(problems);
  const { host, faults = false, cors, readyFile } = given;
  return { host, port, areFaultsOn: faults, isCorsOn: cors, images, retryAfterSeconds, logFormat, readyFile };
}

interface Given {
  readonly port: string;
  readonly host: string;
  readonly faults?: boolean;
  readonly cors: boolean;
  readonly retryAfter: string;
  readonly log: string;
  readonly readyFile?: string;
  readonly images?: string;
}

function parse(args: readonly string[]): Given | undefined {
  const command = new Command('mock')
    .description("Mocks the API: answers with the contract's examples, remembers deletes, plays scenarios and faults.")
    .option('--port <port>', 'port to listen on; 0 picks a free port', '4010')
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--faults', 'enable the tags mock-delay-<ms>, mock-reset, mock-truncate and mock-flaky-<times>')
    .option('--no-cors', 'send no CORS headers: browsers refuse to call the mock from other origins')
    .option('--images <file>', 'YAML list of the images that exist, as namespace/repository:tag; all others return 404')
    .option('--retry-after <seconds>', 'value of the header Retry-After in a 429', '1')
    .option('--log <format>', 'one line for each request: text or json', 'text')
    .option('--ready-file <file>', 'file to write as {"url", "pid"} once the mock listens; removed when it ends')
    .configureOutput({ writeErr: () => undefined })
    .exitOverride();
  try {
    return command.parse(args, { from: 'user' }).opts<Given>();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new Problems([error.message.replace(/^error: /, '')]);
  }
}

async function imagesOf(file: string | undefined, problems: string[]): Promise<Images> {
  if (file === undefined) return everyImage;
  try {
    return listedImages(await readImages(file));
  } catch (error) {
    if (!(error instanceof Problems)) throw error;
    problems.push(...error.problems.map((problem) => `--images ${file}: ${problem}`));
    return everyImage;
  }
}
