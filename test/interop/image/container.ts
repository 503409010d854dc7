// Runs an image's command without a container engine: its root file system read-only, its user, its process as PID 1.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type CommandRun, runProcess } from '../../support/command.ts';
import type { ImageConfig } from './buildah.ts';

/** A mounted image. */
export interface Container {
  readonly root: string;
  readonly config: ImageConfig;
  /** The directory that is its volume. */
  readonly volume: string;
}

/** A command that runs. */
export interface RunningContainer {
  /** What it has printed. */
  output(): string;
  /** Sends a signal to its PID 1. @returns its exit code */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** In namespaces of its own: $1 is the root file system, $2 the volume; the command follows. */
const ENTER = `
set -e
root=$1 volume=$2; shift 2
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount --bind "$volume" "$root/data"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
exec chroot --userspec="$USERSPEC" "$root" /usr/bin/env -i "$@"`;

/** Starts `docker run --read-only --volume … <image> <args>`. @param args in place of the image's CMD */
export function startContainer(
  { root, config, volume }: Container,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = config.Cmd,
): RunningContainer {
  const variables = [...config.Env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  const command = [...variables, ...config.Entrypoint, ...args];
  const child = spawn(
    'unshare',
    ['--mount', '--pid', '--fork', '--kill-child', '--', 'sh', '-c', ENTER, 'sh', root, volume, ...command],
    { env: { PATH: process.env['PATH'], USERSPEC: config.User }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    output: () => output,
    async end(signal) {
      const pid = await childOf(child);
      if (pid !== undefined) process.kill(pid, signal);
      return ended;
    },
  };
}

/** Runs the image's health check beside its command. */
export function checkHealth({ root, config }: Container, env: Readonly<Record<string, string>>): Promise<CommandRun> {
  const [, ...check] = config.Healthcheck.Test;
  const variables = [...config.Env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  return runProcess('chroot', [`--userspec=${config.User}`, root, '/usr/bin/env', '-i', ...variables, ...check]);
}

/** The process that is PID 1 inside, by its number here. */
async function childOf({ pid }: ChildProcess): Promise<number | undefined> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return Number.parseInt(children, 10) || undefined;
}
