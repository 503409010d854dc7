// How fast this machine is at this moment: a bound on time would say more of the machine than of the server.
import { readFileSync } from 'node:fs';

/** What the work below took where the bounds on time were set, in milliseconds. */
const USUAL_MS = 20;

const TEXT = JSON.stringify(
  Array.from({ length: 20_000 }, (_, position) => ({ digest: `sha256:${position}`, annotations: { name: 'tag' } })),
);

/** As in probe.js: not the machine's slowness is what other programs take of it. */
function ownTime(): number {
  const [, waited] = readFileSync('/proc/self/schedstat', 'utf8').split(' ');
  return performance.now() - Number(waited) / 1e6;
}

/** How many times slower than usual fixed work is, at least 1. The kernel knows of no slower core, and often not of a stolen one. */
export function slowness(): number {
  const startedAt = ownTime();
  for (let times = 0; times < 3; times += 1) JSON.parse(TEXT);
  return Math.max(1, (ownTime() - startedAt) / USUAL_MS);
}
