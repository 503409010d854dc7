import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The connections of a listener, and the response that each of them is at. */
export class Connections {
  readonly #open = new Set<Duplex>();
  readonly #responses = new WeakMap<Duplex, ServerResponse>();

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
    server.on('request', (_request, response: ServerResponse) => {
      if (response.socket !== null) this.#responses.set(response.socket, response);
    });
  }

  /** The response that is under way; while there is one, nothing else may be written. */
  responseUnderWay(socket: Duplex): ServerResponse | undefined {
    const response = this.#responses.get(socket);
    return response === undefined || response.writableEnded || response.destroyed ? undefined : response;
  }

  /** Cuts off every connection that no response is under way on: silent ones, and half a request. */
  destroyIdle(): void {
    for (const socket of this.#open) if (this.responseUnderWay(socket) === undefined) socket.destroy();
  }
}
