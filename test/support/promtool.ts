// Prometheus' own check of metrics and rules; test/debian-packages.sh puts it where it is found.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type CommandRun, runProcess } from './command.ts';

const cached = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'swr-tag-delete', 'promtool');

/** The program: this user's, or the one of the system. */
export const PROMTOOL = existsSync(cached) ? cached : 'promtool';

export function promtool(args: readonly string[], stdin = ''): Promise<CommandRun> {
  return runProcess(PROMTOOL, args, { stdin });
}
