import { type DestinationStream, type Logger, pino } from 'pino';
import { printableJsonLine } from '../process/printable.ts';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;

/**
 * Makes the server's log: a line of JSON each, with its time in ISO 8601 and its level as a word. Names of tags, of users
 * and the like are others' text, and the log may be read at a terminal.
 */
export function createLog(level: (typeof LOG_LEVELS)[number], output: DestinationStream): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (word) => ({ level: word }) } },
    { write: (line) => output.write(printableJsonLine(line)) },
  );
}
