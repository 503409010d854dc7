// The command line, checked as a whole.
import { Command, CommanderError } from 'commander';
import { Problems } from '../server/process/problems.ts';
import { everyImage, type Images, listedImages } from './images.ts';
import { readImages } from './images-file.ts';

/** What the mock is started with. */
export interface MockOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly areFaultsOn: boolean;
  readonly images: Images;
}

/**
 * Reads the command line, and the images file where it names one.
 * @returns undefined where it asked for help, which is printed then
 * @throws Problems that lists every problem at once
 */
export async function readOptions(args: readonly string[]): Promise<MockOptions | undefined> {
  const given = parse(args);
  if (given === undefined) return undefined;
  const problems: string[] = [];
  const port = Number(given.port);
  if (!/^\d{1,5}$/.test(given.port) || port > 65_535) {
    problems.push(`--port ${given.port}: must be a port number up to 65535; 0 takes a free one`);
  }
  if (!/^[A-Za-z0-9.:-]+$/.test(given.host)) {
    problems.push(`--host ${given.host}: must be an address or a name of this machine`);
  }
  const images = await imagesOf(given.images, problems);
  if (problems.length > 0) throw new Problems(problems);
  return { host: given.host, port, areFaultsOn: given.faults ?? false, images };
}

interface Given {
  readonly port: string;
  readonly host: string;
  readonly faults?: boolean;
  readonly images?: string;
}

function parse(args: readonly string[]): Given | undefined {
  const command = new Command('mock')
    .description("Answers as the contract's examples do, with a state, scenarios and faults.")
    .option('--port <port>', 'where to listen; 0 takes a free port', '4010')
    .option('--host <host>', 'the address to listen on', '127.0.0.1')
    .option('--faults', 'switch on the tags mock-delay-<ms>, mock-reset, mock-truncate and mock-flaky-<times>')
    .option('--images <file>', 'a YAML list of namespace/repository:tag: what exists; anything else is 404')
    .configureOutput({ writeErr: () => undefined })
    .exitOverride();
  try {
    return command.parse(args, { from: 'user' }).opts<{ port: string; host: string }>();
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
