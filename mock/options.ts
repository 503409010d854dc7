// Reads and checks the command line.
import { Command, CommanderError } from 'commander';
import { Problems } from '../server/process/problems.ts';
import { everyImage, type Images, listedImages } from './images.ts';
import { readImages } from './images-file.ts';

/** Settings of the mock. */
export interface MockOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly areFaultsOn: boolean;
  /** Whether pages of other origins may call the mock. */
  readonly isCorsOn: boolean;
  readonly images: Images;
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
  const images = await imagesOf(given.images, problems);
  if (problems.length > 0) throw new Problems(problems);
  return { host: given.host, port, areFaultsOn: given.faults ?? false, isCorsOn: given.cors, images };
}

interface Given {
  readonly port: string;
  readonly host: string;
  readonly faults?: boolean;
  readonly cors: boolean;
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
