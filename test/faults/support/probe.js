// Loaded into the server under test before its own code (`node --import`): measures what cannot be seen from outside.
// On SIGUSR2 it writes what it has seen since the last time to PROBE_FILE. Plain JavaScript, because Node 20 runs no other.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

const TICK_MS = 5;

/**
 * For how long this thread was ready to run while others had the processor, in milliseconds (proc(5), schedstat).
 * Without it a busy machine would look like a blocked event loop.
 */
function waitedForProcessor() {
  const [, nanoseconds] = readFileSync('/proc/self/schedstat', 'utf8').split(' ');
  return Number(nanoseconds) / 1e6;
}

let longestBlockMs = 0;
let last = { now: performance.now(), waited: waitedForProcessor() };
let probedLast = last;

setInterval(() => {
  const current = { now: performance.now(), waited: waitedForProcessor() };
  const blocked = current.now - last.now - (current.waited - last.waited) - TICK_MS;
  longestBlockMs = Math.max(longestBlockMs, blocked);
  last = current;
}, TICK_MS).unref();

process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const waitedMs = waitedForProcessor() - probedLast.waited;
  const file = process.env['PROBE_FILE'] ?? '';
  writeFileSync(`${file}.next`, JSON.stringify({ longestBlockMs, waitedMs, ...process.memoryUsage() }));
  renameSync(`${file}.next`, file);
  longestBlockMs = 0;
  last = { now: performance.now(), waited: waitedForProcessor() };
  probedLast = last;
});
