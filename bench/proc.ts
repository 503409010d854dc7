// What Linux knows of a process (proc(5)).
import { readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second for programs (sysconf(_SC_CLK_TCK), fixed since 2.6). */
const TICK_MICROS = 10_000;

/** CPU time that a process has used up, in microseconds. @returns undefined where there is no /proc */
export function cpuMicros(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // Behind the name, which stands in parentheses and may hold anything: field 3 and on.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROS;
}

/** Resident memory of a process in MiB. @returns undefined where there is no /proc */
export function residentMiB(pid: number): number | undefined {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kib === undefined ? undefined : Number(kib) / 1024;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
