// The log line of a request, beside pino's own.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLog } from '../../../server/operator/log.ts';
import { createRequestLine } from '../../../server/operator/request-line.ts';

const lines: string[] = [];
const output = { write: (line: string) => void lines.push(line) };
const log = createLog('info', output).child({ principal: 'ci "cleaner"', user: undefined, project: 'p' });
const writeLine = createRequestLine(log);
const withoutTime = (line: string | undefined) => line?.replace(/"time":"[^"]+"/, '"time":""');

/** Well-formed: of half a surrogate pair pino makes U+FFFD. */
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('"\\\u2028', '\u007f'));
const facts = fc.record(
  {
    requestId: text,
    path: text,
    status: fc.integer(),
    digests: fc.array(text),
    durationMs: fc.double(),
    gone: fc.constant(undefined),
  },
  { requiredKeys: ['requestId'] },
);

test('A request’s line is what pino would have written, whatever the caller sent', () => {
  fc.assert(
    fc.property(facts, (line) => {
      lines.length = 0;
      writeLine(line);
      log.info(line, 'request');
      expect(withoutTime(lines[0])).toBe(withoutTime(lines[1]));
    }),
    { numRuns: 1_000 },
  );
});

test('The line says when the request ended, to the millisecond', () => {
  lines.length = 0;
  const before = Date.now();
  writeLine({ requestId: 'any' });
  const { time } = JSON.parse(lines[0] ?? '') as { time: string };
  expect(new Date(time).toISOString()).toBe(time);
  expect(Date.parse(time)).toBeGreaterThanOrEqual(before);
  expect(Date.parse(time)).toBeLessThanOrEqual(Date.now());
});

test('A level above info leaves requests out of the log', () => {
  lines.length = 0;
  createRequestLine(createLog('warn', output))({ requestId: 'any' });
  expect(lines).toEqual([]);
});
