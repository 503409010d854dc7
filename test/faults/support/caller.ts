// A caller that knows how each request ended: a plain socket, one request at a time.
import { connect, type Socket } from 'node:net';
import type { ImageTag } from '../../../server/store.ts';
import { answersIn, requestText, type WireAnswer } from '../../support/wire.ts';

/** How a request ended: with its answer, or without one, because the connection was refused or cut. */
export type Ending = WireAnswer | 'refused' | 'cut';

/** One connection, opened again after it has ended. */
export class Caller {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;
  #received = '';
  #end: ((ending: Ending) => void) | undefined;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
  }

  /** Sends the text of a request that asks for the connection to be kept. */
  ask(text: string): Promise<Ending> {
    return new Promise((resolve) => {
      this.#end = resolve;
      this.#received = '';
      const socket = this.#socket ?? this.#open();
      socket.write(text);
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true });
    let isConnected = false;
    socket.setEncoding('latin1');
    socket.once('connect', () => {
      isConnected = true;
    });
    socket.on('error', () => undefined);
    socket.on('data', (text: string) => this.#read(text));
    socket.once('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#finish(isConnected ? 'cut' : 'refused');
    });
    this.#socket = socket;
    return socket;
  }

  #read(text: string): void {
    this.#received += text;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const length = /^content-length: (\d+)/im.exec(this.#received.slice(0, headEnd))?.[1] ?? '0';
    if (this.#received.length < headEnd + 4 + Number(length)) return;
    const [answer] = answersIn(this.#received);
    if (answer?.headers['connection'] === 'close') {
      this.#socket?.destroy();
      this.#socket = undefined;
    }
    this.#finish(answer as WireAnswer);
  }

  #finish(ending: Ending): void {
    const end = this.#end;
    this.#end = undefined;
    end?.(ending);
  }
}

/** The path that deletes an image. */
export function deletePath({ namespace, repository, tag }: ImageTag): string {
  return `/v2/manage/namespaces/${namespace}/repos/${repository.replaceAll('/', '$')}/tags/${tag}`;
}

/** The text of a delete; the connection is kept. */
export function deleteText(image: ImageTag, token: string): string {
  return requestText(`DELETE ${deletePath(image)}`, { 'X-Auth-Token': token, Connection: 'keep-alive' });
}

/** A delete and how it ended. */
export interface Deletion {
  readonly image: ImageTag;
  readonly ending: Ending;
  /** From the first byte sent to the last byte received. */
  readonly milliseconds: number;
}

interface DeleteOptions {
  readonly connections: number;
  /** Asked before each request. */
  readonly isOver?: () => boolean;
  readonly onEnded?: (deletion: Deletion) => void;
}

/** Deletes images in their order over some connections at once, until all are asked for or it is over. */
export async function deleteAll(
  { url, token }: { readonly url: string; readonly token: string },
  images: Iterable<ImageTag>,
  { connections, isOver = () => false, onEnded = () => undefined }: DeleteOptions,
): Promise<Deletion[]> {
  const waiting = images[Symbol.iterator]();
  const deletions: Deletion[] = [];
  const work = async () => {
    const caller = new Caller(url);
    for (let next = waiting.next(); !next.done && !isOver(); next = waiting.next()) {
      const startedAt = performance.now();
      const ending = await caller.ask(deleteText(next.value, token));
      const deletion = { image: next.value, ending, milliseconds: performance.now() - startedAt };
      deletions.push(deletion);
      onEnded(deletion);
    }
    caller.close();
  };
  await Promise.all(Array.from({ length: connections }, work));
  return deletions;
}

/** The status of an answer; the ending itself if there was none. */
export function statusOf(ending: Ending): number | 'refused' | 'cut' {
  return typeof ending === 'string' ? ending : ending.status;
}

/** How often each status came. */
export function countByStatus(endings: Iterable<Ending>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const ending of endings) counts[statusOf(ending)] = (counts[statusOf(ending)] ?? 0) + 1;
  return counts;
}
