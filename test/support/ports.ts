// Ports for programs that cannot take a free one by themselves.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A port of loopback that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
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
