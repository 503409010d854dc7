// Runs Debian's nginx on loopback, with a configuration that a test brings.
import { writeFile } from 'node:fs/promises';
import { freePort } from './ports.ts';
import { type ProxyProgram, runProxy } from './proxy-program.ts';

/**
 * @param directory takes its configuration and its files
 * @param serverBlock makes the `server` block for a port
 */
export async function startNginx(directory: string, serverBlock: (port: number) => string): Promise<ProxyProgram> {
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
  return runProxy('nginx', ['-p', directory, '-c', `${directory}/nginx.conf`, '-e', 'stderr'], port);
}
