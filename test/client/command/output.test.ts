import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createOutput } from '../../../client/command/output/output.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** An output whose reader takes nothing until `take` is called. */
function stalled() {
  let take = () => {};
  const stream = new Writable({
    highWaterMark: 1,
    write(_chunk, _encoding, done) {
      take = () => done();
    },
  });
  const gone = vi.fn();
  const giveUp = new AbortController();
  const output = createOutput(stream as unknown as NodeJS.WriteStream, giveUp.signal, gone);
  return { output, gone, giveUp, stream, take: () => take() };
}

test('A reader that pauses for less than a minute gets every line', async () => {
  const { output, gone, take } = stalled();
  const written = output.write('a\n');
  await vi.advanceTimersByTimeAsync(59_000);
  take();
  await written;
  expect(await output.flush()).toBe(0);
  expect(gone).not.toHaveBeenCalled();
});

test('A reader that takes nothing for a minute is given up, and its lines are counted', async () => {
  const { output, gone } = stalled();
  const writing = [output.write('a\n'), output.write('b\n')];
  await vi.advanceTimersByTimeAsync(60_001);
  await Promise.all(writing);
  await output.write('c\n');
  expect(await output.flush()).toBe(3);
  expect(gone).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

test('A reader that goes away is given up at once, for every line', async () => {
  const { output, gone, stream } = stalled();
  const written = output.write('a\n');
  stream.destroy(new Error('EPIPE'));
  await written;
  await output.write('b\n');
  expect(await output.flush()).toBe(2);
  expect(gone).toHaveBeenCalledOnce();
});

test('Nothing is waited for after the end of patience', async () => {
  const { output, giveUp } = stalled();
  const written = output.write('a\n');
  giveUp.abort();
  await written;
  expect(await output.flush()).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});
