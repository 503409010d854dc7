// Servers of Debian that run in front of ours, as processes on loopback.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { untilOpen } from './ports.ts';

/** Debian has them where not every user's PATH leads. */
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };

/** A running proxy. */
export interface ProxyProgram {
  readonly port: number;
  stop(): Promise<void>;
}

/** Runs a program. @throws with its complaints if it ends before it listens on the port */
export async function runProxy(program: string, args: readonly string[], port: number): Promise<ProxyProgram> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const ended = once(child, 'close');
  await untilOpen(
    port,
    ended.then(() => `${program} ended: ${complaints}`),
  );
  return {
    port,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
