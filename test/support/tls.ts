// TLS in front of a server that speaks none.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { createServer } from 'node:tls';
import type { Certificate } from './certificates.ts';

/** Listens on loopback, and passes every byte on. */
export async function inTlsFrontOf(
  url: string,
  { key, certificate }: Certificate,
): Promise<{ url: string; close: () => void }> {
  const { hostname, port } = new URL(url);
  const server = createServer({ key: await readFile(key), cert: await readFile(certificate) }, (socket) => {
    const onward = connect(Number(port), hostname);
    for (const one of [socket, onward]) one.on('error', () => [socket, onward].map((each) => each.destroy()));
    socket.pipe(onward).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}
