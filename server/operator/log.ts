import { type DestinationStream, type Logger, pino } from 'pino';
import { printableJsonLine } from '../process/printable.ts';
import { errorFields } from './error-fields.ts';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;

/**
 * Makes the server's log: a line of JSON each, with its time in ISO 8601 and its level as a word. Names of tags, of users
 * and the like are others' text, and the log may be read at a terminal. An error is the field `err`.
 */
export function createLog(level: (typeof LOG_LEVELS)[number], output: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: isoTime,
      formatters: { level: (word) => ({ level: word }) },
      serializers: { err: errorFields },
    },
    { write: (line) => output.write(printableJsonLine(line)) },
  );
}

let millisecond = 0;
let text = '';

/** The time as pino's own `isoTime` writes it; formatted once a millisecond, which takes half of a µs. */
function isoTime(): string {
  const now = Date.now();
  if (now !== millisecond) {
    millisecond = now;
    text = `,"time":"${new Date(now).toISOString()}"`;
  }
  return text;
}
