// A provider written from the base document alone: one path, three names, the statuses 204, 400, 404 and 500, errors as
// a line of text. It takes nothing from this project. A fault changes one of its parts.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Names = readonly [namespace: string, repository: string, tag: string];
export type Tags = Map<string, string>;

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** What the provider does, in parts small enough that a fault is a change of one of them. */
export interface BaseBehaviour {
  readonly methods: readonly string[];
  readonly decode: (name: string) => string;
  /** @returns what is wrong with the names; undefined if they may be looked up */
  readonly refuse: (names: Names) => Answer | undefined;
  readonly noRepository: Answer;
  readonly noTag: (tags: Tags, tag: string) => Answer;
  readonly remove: (tags: Tags, tag: string) => void | Promise<void>;
  readonly success: Answer;
  readonly send: (response: ServerResponse, answer: Answer) => void;
}

const text = (status: number, why: string): Answer => ({ status, body: `${why}\n` });

export const honest: BaseBehaviour = {
  methods: ['DELETE'],
  decode: decodeURIComponent,
  refuse: () => undefined,
  noRepository: text(404, 'The repository does not exist.'),
  noTag: () => text(404, 'The image with the specified tag does not exist.'),
  remove: (tags, tag) => void tags.delete(tag),
  success: { status: 204, body: '' },
  send: (response, { status, body }) => {
    if (status === 204) response.writeHead(204).end();
    else response.writeHead(status, { 'Content-Type': 'text/plain' }).end(body);
  },
};

const TAGS = ['V1', ...Array.from({ length: 12 }, (_, index) => `v${index + 1}`)];

/** What it holds, as the check wants to know it: no credentials. */
export const baseFixtures = {
  images: { namespace: 'group', repository: 'busybox', tags: TAGS },
  absent: { tag: 'no-such-tag', repository: 'no-such-repo', namespace: 'no-such-org' },
};

/** Starts it on loopback. @param token that it asks for in X-Auth-Token, which is more than the document says */
export async function startBaseProvider(change: Partial<BaseBehaviour> = {}, token?: string) {
  const behaviour = { ...honest, ...change };
  const images = new Map([['group/busybox', new Map(TAGS.map((tag, index) => [tag, index < 8 ? 'same' : tag]))]]);
  const server = createServer((request, response) => void answer(request, response));
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    try {
      behaviour.send(response, await answerTo(request, behaviour, images, token));
    } catch (error) {
      if (error instanceof Drop) request.socket.destroy();
      else behaviour.send(response, text(500, 'Internal error.'));
    }
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Ends the connection without an answer. */
export class Drop extends Error {}

async function answerTo(
  { method = '', url = '', headers }: IncomingMessage,
  behaviour: BaseBehaviour,
  images: ReadonlyMap<string, Tags>,
  token: string | undefined,
): Promise<Answer> {
  const [path = ''] = url.split('?');
  const sent = /^\/v2\/manage\/namespaces\/([^/]+)\/repos\/([^/]+)\/tags\/([^/]+)$/.exec(path)?.slice(1);
  if (sent === undefined) return text(404, 'No such path.');
  if (!behaviour.methods.includes(method)) return text(405, 'Only DELETE.');
  if (token !== undefined && headers['x-auth-token'] !== token) return text(401, 'Who are you?');
  const names = decoded(sent, behaviour);
  if (names === undefined) return text(400, 'A name is not percent-encoded UTF-8.');
  const refusal = behaviour.refuse(names);
  if (refusal !== undefined) return refusal;
  const [namespace, repository, tag] = names;
  const tags = images.get(`${namespace}/${repository}`);
  if (tags === undefined) return behaviour.noRepository;
  if (!tags.has(tag)) return behaviour.noTag(tags, tag);
  await behaviour.remove(tags, tag);
  return behaviour.success;
}

function decoded(sent: readonly string[], { decode }: BaseBehaviour): Names | undefined {
  try {
    return sent.map(decode) as unknown as Names;
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
