// Runs a behaviour on a free port.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Answer, Behaviour, Call, Headers, Sent } from './behaviour.ts';
import { bytesOf, correct } from './correct.ts';
import type { ErrorName, Names } from './names.ts';
import { split } from './path.ts';
import { type CompleteFixtures, createWorld, fixturesOf, type World } from './world.ts';

/** A provider that listens. */
export interface RunningProvider {
  readonly url: string;
  /** What it holds, as the check wants to know it. */
  readonly fixtures: CompleteFixtures;
  close(): Promise<void>;
}

/** Starts a provider with a state of its own on loopback. @param change what it does unlike the correct one */
export async function startProvider(change: Partial<Behaviour> = {}, port = 0): Promise<RunningProvider> {
  const behaviour = { ...correct, ...change };
  const world = createWorld();
  const server = createServer(
    { requireHostHeader: false, maxHeaderSize: 4 * MAX_SECTION },
    (request, response) => void answer(request, response),
  );
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    request.resume();
    behaviour.send(response, await answerTo(request, behaviour, world));
  };
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    behaviour.send(response, behaviour.error('expectation-failed', requestIdOf(request, behaviour)));
  });
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket: Socket) => {
    const name = WIRE_ERRORS[code ?? ''] ?? 'malformed-request';
    if (socket.writable) socket.end(bytesOf(behaviour.error(name, behaviour.requestId(undefined))));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fixtures: fixturesOf(world),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** In bytes: a token of the greatest length has to fit. */
const MAX_SECTION = 32 * 1024;
const MAX_TARGET = 8 * 1024;
const MAX_BODY = 64 * 1024;

const sizeOf = (headers: Headers) => JSON.stringify(headers).length;

/** What node:http says of something that is no request. */
const WIRE_ERRORS: Readonly<Record<string, ErrorName>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

const requestIdOf = ({ headersDistinct }: IncomingMessage, behaviour: Behaviour) =>
  behaviour.requestId(headersDistinct['x-request-id']?.[0]);

async function answerTo(request: IncomingMessage, behaviour: Behaviour, world: World): Promise<Answer> {
  const requestId = requestIdOf(request, behaviour);
  const sent: Sent = {
    method: request.method ?? '',
    ...split(request.url ?? ''),
    headers: request.headersDistinct as Headers,
  };
  try {
    const refusal = refusalOf(sent, behaviour);
    if (typeof refusal === 'string') return behaviour.error(refusal, requestId);
    const names = refusal;
    const caller = behaviour.callerOf(sent, world);
    const call: Call = { ...sent, names, image: behaviour.imageOf(names), caller, requestId, world };
    const rule = behaviour.rules.find(({ when }) => when(call));
    if (rule !== undefined) return behaviour.error(rule.refuses, requestId, call);
    await behaviour.remove(call);
    return behaviour.success(requestId);
  } catch {
    return behaviour.crash(requestId);
  }
}

/** The names of a request that is one for the operation; else why it is none. */
function refusalOf({ method, path, headers }: Sent, behaviour: Behaviour): Names | ErrorName {
  if (path.length > MAX_TARGET) return 'uri-too-long';
  if (sizeOf(headers) > MAX_SECTION) return 'headers-too-large';
  if (Number(headers['content-length']?.[0] ?? 0) > MAX_BODY) return 'body-too-large';
  if (headers['host']?.length !== 1) return 'malformed-request';
  const names = behaviour.match(path);
  if (names === undefined) return 'api-not-found';
  if (!behaviour.isMethodKnown(method)) return 'method-not-allowed';
  const decoded = Object.entries(names).map(([name, value]) => [name, behaviour.decode(value)]);
  return Object.fromEntries(decoded) as Names;
}
