import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The connections of a listener, and the responses under way on each of them. */
export class Connections {
  /** In the order of their requests; pipelined responses wait for their turn. */
  readonly #responses = new Map<Duplex, ServerResponse[]>();
  #isEnding = false;

  constructor(server: Server) {
    server.on('connection', (socket) => {
      const responses: ServerResponse[] = [];
      this.#responses.set(socket, responses);
      socket.once('close', () => {
        this.#responses.delete(socket);
        // A response that waits for its turn has no socket yet, and node:http never tells it.
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

  /** The responses under way; while there is one, nothing else may be written to the connection. */
  underWay(socket: Duplex): readonly ServerResponse[] {
    return this.#responses.get(socket) ?? [];
  }

  /** From now on, the last answer on each connection says that it is the last. */
  announceEnd(): void {
    this.#isEnding = true;
    for (const responses of this.#responses.values()) announceEnd(responses);
  }

  /** Cuts off every connection without a response under way: silent ones, and those with half a request. */
  destroyIdle(): void {
    for (const [socket, responses] of this.#responses) if (responses.length === 0) socket.destroy();
  }
}

/** Never in an earlier answer of a pipeline: the connection would end there, without the answers that follow. */
function announceEnd(responses: readonly ServerResponse[] = []): void {
  for (const response of responses.filter(({ headersSent }) => !headersSent)) {
    if (response === responses.at(-1)) response.setHeader('Connection', 'close');
    else response.removeHeader('Connection');
  }
}
