// Ports for programs that cannot take a free one by themselves.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Below the ports that Linux takes for outgoing connections, so that none of those takes it before it is used. */
const LOWEST = 10_000;
const HIGHEST = 30_000;
const TRIES = 100;

/** Finds an unused port of 127.0.0.1. @throws the last error if 100 of them are in use */
export async function freePort(): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch (error) {
      if (tries === TRIES) throw error;
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

/**
 * Resolves when a port accepts connections.
 * @param ended resolves with the reason if its program ends before that
 */
export async function untilOpen(port: number, ended: Promise<string>): Promise<void> {
  let reason: string | undefined;
  void ended.then((why) => {
    reason = why;
  });
  while (!(await isOpen(port))) {
    if (reason !== undefined) throw new Error(reason);
    await sleep(20);
  }
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
