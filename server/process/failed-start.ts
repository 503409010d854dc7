// Reports a failed start to a person: one line per problem, and no stack.
import { Problems } from './problems.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Milliseconds to write what is left. Beyond that the rest is lost: a stalled reader would keep the process alive. */
const FLUSH_MS = 300;

/** What this command calls its settings. */
interface SettingNames {
  /** The one for the address, such as `HOST`. */
  readonly host: string;
  /** How to choose another port, such as `--port chooses another port`. */
  readonly otherPort: string;
}

/** Writes why the start failed to standard error, and ends the process: with 2 for settings, 1 for everything else. */
export function reportFailedStart(error: unknown, names: SettingNames): void {
  const isUsage = error instanceof Problems;
  const lines = isUsage ? error.problems : [`Cannot start: ${reasonOf(error, names)}`];
  for (const line of lines) process.stderr.write(`${line}\n`);
  process.exitCode = isUsage ? EXIT_USAGE : EXIT_FAILED;
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
