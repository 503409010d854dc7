// CREDENTIALS_FILE as it is now: a revoked token ends, and a new one works, without a restart.
import { stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Authenticators } from '../http/auth/authenticate.ts';
import { createAuthenticators } from '../http/auth/authenticators.ts';
import type { TokenChecks } from '../http/auth/iam/check-tokens.ts';
import { type Principal, readCredentials } from '../http/principals.ts';
import { Problems } from '../process/input/problems.ts';
import { problemsWithoutIam } from './settings/iam-settings.ts';

/** Milliseconds between two looks at the file. A change counts once two looks in a row find the same file. */
const LOOK_MS = 1_000;

interface Options {
  readonly file?: string | undefined;
  readonly checks?: TokenChecks | undefined;
}

/** The callers of a server; those of a file are read again when it changes. */
export class LiveCredentials implements Authenticators {
  readonly #log: Logger;
  readonly #file: string | undefined;
  #principals: readonly Principal[];
  readonly #checks: TokenChecks | undefined;
  #authenticators: Authenticators;
  /** The version of the file that was seen last, and the one that was read last, whether or not it was valid. */
  #seen = '';
  #read = '';
  #looking: Promise<void> | undefined;
  #reading: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param options.file left out, the callers stay as they are
   * @param options.checks the identity service, if there is one; what it said of tokens outlives the file
   */
  constructor(principals: readonly Principal[], log: Logger, { file, checks }: Options = {}) {
    this.#log = log;
    this.#checks = checks;
    this.#file = file;
    this.#principals = principals;
    this.#authenticators = createAuthenticators(principals, checks);
  }

  /** The entries that count now. */
  get principals(): readonly Principal[] {
    return this.#principals;
  }

  readonly principalOfToken: Authenticators['principalOfToken'] = (token) =>
    this.#authenticators.principalOfToken(token);

  readonly verifySignature: Authenticators['verifySignature'] = (parts) => this.#authenticators.verifySignature(parts);

  /** Looks at the file every second; the timer does not keep the process alive. */
  follow(lookMs = LOOK_MS): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look(file).finally(() => {
        this.#looking = undefined;
      });
    }, lookMs).unref();
  }

  /** Stops looking. Resolves when no read is under way. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.#reading;
  }

  /** Reads the file now. An invalid one is refused in the log, and the last good one stays. */
  async reload(): Promise<void> {
    if (this.#file === undefined) this.#log.info('no CREDENTIALS_FILE to read again');
    else await this.#readAgain(this.#file, true);
  }

  async #look(file: string): Promise<void> {
    const version = await versionOf(file);
    // A file that is written in place is half a file for a moment, and may be valid as it is.
    if (version !== this.#read && version === this.#seen) {
      await this.#readAgain(file, false);
      if ((await versionOf(file)) === version) this.#read = version;
    }
    this.#seen = version;
  }

  /** One read after another, so that the last one has the last word. */
  #readAgain(file: string, isAskedFor: boolean): Promise<void> {
    this.#reading = this.#reading.then(() => this.#replace(file, isAskedFor));
    return this.#reading;
  }

  async #replace(file: string, isAskedFor: boolean): Promise<void> {
    try {
      // Reading a pipe would wait for its writer, and hold a thread of the file system calls.
      if ((await stat(file).catch(() => undefined))?.isFile() === false) throw new Problems(['is not a regular file']);
      const principals = await readCredentials(file);
      const problems = this.#checks === undefined ? problemsWithoutIam(principals) : [];
      if (problems.length > 0) throw new Problems(problems);
      if (!isAskedFor && isDeepStrictEqual(principals, this.#principals)) return;
      this.#principals = principals;
      this.#authenticators = createAuthenticators(principals, this.#checks);
      this.#log.info({ file, principals: principals.length }, 'CREDENTIALS_FILE read again');
    } catch (error) {
      const problems = error instanceof Problems ? error.problems : [(error as Error).message];
      this.#log.error({ file, problems }, 'CREDENTIALS_FILE refused: the last good one stays');
    }
  }
}

/** Changes whenever the file does: replaced, written in place, or gone. */
async function versionOf(file: string): Promise<string> {
  const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true }).catch(() => ({
    ...{ ino: 0, size: 0, mtimeNs: 0, ctimeNs: 0 },
  }));
  return [ino, size, mtimeNs, ctimeNs].join(' ');
}
