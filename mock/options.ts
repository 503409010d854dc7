// Checks the options of the command line.
import { Problems } from '../server/process/input/problems.ts';
import { everyImage, type Images, listedImages } from './sessions/images.ts';
import { readImages } from './sessions/images-file.ts';

export const LOG_FORMATS = ['text', 'json'] as const;

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

/** The options as they are given. */
export interface Given {
  readonly port: string;
  readonly host: string;
  readonly faults?: boolean;
  readonly cors: boolean;
  readonly retryAfter: string;
  readonly log: LogFormat;
  readonly readyFile?: string;
  readonly images?: string;
}

/**
 * Checks the options, and reads the images file if they name one.
 * @throws Problems with every problem of both
 */
export async function checkOptions(given: Given): Promise<MockOptions> {
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
  const images = await imagesOf(given.images, problems);
  if (problems.length > 0) throw new Problems(problems);
  const { host, faults = false, cors, log: logFormat, readyFile } = given;
  return { host, port, areFaultsOn: faults, isCorsOn: cors, images, retryAfterSeconds, logFormat, readyFile };
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
