import { type DestinationStream, type Logger, pino } from 'pino';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;

/** Makes the server's log: a line of JSON each, with its time in ISO 8601 and its level as a word. */
export function createLog(level: (typeof LOG_LEVELS)[number], output: DestinationStream): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (word) => ({ level: word }) } },
    output,
  );
}
