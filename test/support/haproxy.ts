// Runs Debian's HAProxy on loopback, with a configuration that a test brings.
import { writeFile } from 'node:fs/promises';
import { freePort } from './ports.ts';
import { type ProxyProgram, runProxy } from './proxy-program.ts';

/**
 * @param directory takes its configuration
 * @param configuration makes all of it for a port
 */
export async function startHaproxy(directory: string, configuration: (port: number) => string): Promise<ProxyProgram> {
  const port = await freePort();
  const file = `${directory}/haproxy.cfg`;
  await writeFile(file, configuration(port));
  return runProxy('haproxy', ['-db', '-f', file], port);
}
