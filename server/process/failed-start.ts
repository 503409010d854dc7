// Reports a failed start to a person, without a stack.
import { Problems } from './input/problems.ts';

const EXIT_FAILED = 1;

/** Milliseconds to write what is left. Beyond that the rest is lost: a stalled reader would keep the process alive. */
const FLUSH_MS = 300;

/** What this command calls its settings. */
interface SettingNames {
  /** The one for the address, such as `HOST`. */
  readonly host: string;
  /** How to choose another port, such as `--port chooses another port`. */
  readonly otherPort: string;
}

/**
 * Writes why the start failed to standard error, and ends the process with 1.
 * @throws the error itself if it is Problems: the settings are invalid
 */
export function reportFailedStart(error: unknown, names: SettingNames): void {
  if (error instanceof Problems) throw error;
  process.stderr.write(`Cannot start: ${reasonOf(error, names)}\n`);
  process.exitCode = EXIT_FAILED;
  setTimeout(() => process.exit(), FLUSH_MS).unref();
}

interface ListenError extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly port?: number;
}

function reasonOf(error: unknown, { host, otherPort }: SettingNames): string {
  const { code, message, address, port } = error as ListenError;
  if (code === 'EADDRINUSE') return `${address}:${port} is in use by another program; ${otherPort}`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `${host} is not an address of this machine (${message})`;
  return message ?? String(error);
}
