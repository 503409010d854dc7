import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The connections of a listener, and the responses that are under way on each of them. */
export class Connections {
  /** In the order of their requests: pipelined ones wait for their turn. */
  readonly #responses = new Map<Duplex, ServerResponse[]>();
  #isEnding = false;

  constructor(server: Server) {
    server.on('connection', (socket) => {
      const responses: ServerResponse[] = [];
      this.#responses.set(socket, responses);
      socket.once('close', () => {
        this.#responses.delete(socket);
        // Those that wait for their turn have no socket yet, and node:http would never tell them.
        for (const response of [...responses]) if (response.socket === null) response.emit('close');
      });
    });
    const begin = ({ socket }: IncomingMessage, response: ServerResponse): void => {
      const responses = this.#responses.get(socket);
      responses?.push(response);
      if (this.#isEnding) announceEnd(responses);
      response.once('close', () => responses?.splice(responses.indexOf(response), 1));
    };
    server.prependListener('request', begin);
    server.prependListener('checkExpectation', begin);
  }

  /** The responses that are under way; while there is one, nothing else may be written. */
  underWay(socket: Duplex): readonly ServerResponse[] {
    return this.#responses.get(socket) ?? [];
  }

  /** From now on the last answer of each connection says that it is the last. */
  announceEnd(): void {
    this.#isEnding = true;
    for (const responses of this.#responses.values()) announceEnd(responses);
  }

  /** Cuts off every connection that no response is under way on: silent ones, and half a request. */
  destroyIdle(): void {
    for (const [socket, responses] of this.#responses) if (responses.length === 0) socket.destroy();
  }
}

/** Not in an earlier answer of a pipeline: the connection would end behind it, without the answers that follow. */
function announceEnd(responses: readonly ServerResponse[] = []): void {
  for (const response of responses.filter(({ headersSent }) => !headersSent)) {
    if (response === responses.at(-1)) response.setHeader('Connection', 'close');
    else response.removeHeader('Connection');
  }
}
