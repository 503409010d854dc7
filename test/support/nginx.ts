// Runs Debian's nginx on loopback, with a configuration that a test brings.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { freePort, untilOpen } from './ports.ts';

/** Debian has it where not every user's PATH leads. */
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };

/** A running nginx. */
export interface Nginx {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * @param directory takes its configuration and its files
 * @param serverBlock makes the `server` block for a port
 */
export async function startNginx(directory: string, serverBlock: (port: number) => string): Promise<Nginx> {
  const port = await freePort();
  const temporaryFiles = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${directory}/nginx-${name};`,
  );
  await writeFile(
    `${directory}/nginx.conf`,
    `daemon off; master_process off; pid ${directory}/nginx.pid; error_log stderr;
events {}
http { access_log off; ${temporaryFiles.join(' ')}
${serverBlock(port)}
}`,
  );
  const args = ['-p', directory, '-c', `${directory}/nginx.conf`, '-e', 'stderr'];
  const child = spawn('nginx', args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const ended = once(child, 'close');
  await untilOpen(
    port,
    ended.then(() => `nginx ended: ${complaints}`),
  );
  return {
    port,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
