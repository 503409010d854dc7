// Runs Debian's tinyproxy on loopback.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { freePort, untilOpen } from './ports.ts';
import { temporaryDirectory } from './programs.ts';

/** A running forward proxy. */
export interface ForwardProxy {
  readonly url: string;
  /** The request lines that it has received since the last call, without the HTTP version. */
  requests(): string[];
  stop(): Promise<void>;
}

interface Options {
  /** Letters and digits. A request without it is answered 407. */
  readonly login?: { readonly username: string; readonly password: string };
  /** The only port that CONNECT is allowed to. */
  readonly connectPort?: number;
}

export async function startForwardProxy({ login, connectPort }: Options = {}): Promise<ForwardProxy> {
  const directory = await temporaryDirectory();
  const port = await freePort();
  const lines = [
    `Port ${port}`,
    'Listen 127.0.0.1',
    'Timeout 60',
    'MaxClients 200',
    'LogLevel Connect',
    ...(login === undefined ? [] : [`BasicAuth ${login.username} ${login.password}`]),
    ...(connectPort === undefined ? [] : [`ConnectPort ${connectPort}`]),
  ];
  await writeFile(`${directory.path}/tinyproxy.conf`, `${lines.join('\n')}\n`);
  const child = spawn('tinyproxy', ['-d', '-c', `${directory.path}/tinyproxy.conf`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const ended = once(child, 'close');
  await untilOpen(
    port,
    ended.then(() => `tinyproxy ended: ${output}`),
  );
  let seen = 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => {
      const all = [...output.matchAll(/Request \(file descriptor \d+\): (\S+ \S+)/g)].map(([, line = '']) => line);
      const fresh = all.slice(seen);
      seen = all.length;
      return fresh;
    },
    async stop() {
      child.kill('SIGKILL');
      await ended;
      await directory.remove();
    },
  };
}
