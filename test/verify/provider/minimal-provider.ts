// A second provider, written as a partner would write one: by hand, from the rendered contract, on bare Express. It
// takes nothing from this project, and so repeats on purpose what stands in the contract. Tokens are its only way in;
// it has neither a limit nor protected tags.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';

const ROUTE = '/v2/manage/namespaces/:namespace/repos/:repository/tags/:tag';
const SEPARATED = '[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*';
const NAMESPACE = new RegExp(`^(?=[a-z])(?=.{1,64}$)${SEPARATED}$`);
const REPOSITORY = new RegExp(`^(?=.{1,128}$)${SEPARATED}(\\$${SEPARATED})*$`);
const TAG = /^\w[\w.-]{0,127}$/;

const FAILURES = {
  namespace: [400, 'SVCSTG.SWR.4001028', 'This is not the name of an organization.'],
  repository: [400, 'SVCSTG.SWR.4001029', 'This is not the name of a repository.'],
  tag: [400, 'SVCSTG.SWR.4009021', 'This is not a tag.'],
  query: [400, 'SVCSTG.SWR.4000014', 'No query parameter is known.'],
  unauthenticated: [401, 'SVCSTG.SWR.4010000', 'Who are you? Send a valid token.'],
  forbidden: [403, 'SVCSTG.SWR.4030170', 'This organization is not yours.'],
  noNamespace: [404, 'SVCSTG.SWR.4040058', 'There is no such organization.'],
  noRepository: [404, 'SVCSTG.SWR.4040113', 'There is no such repository.'],
  noTag: [404, 'SVCSTG.SWR.4040115', 'There is no such tag.'],
  noApi: [404, 'APIGW.0101', 'There is nothing here.'],
  malformed: [400, 'APIGW.0201', 'This is no request of HTTP/1.1.'],
  longUri: [414, 'APIGW.0201', 'The address is too long.'],
  expectation: [417, 'APIGW.0201', 'No expectation is met here.'],
  longHeaders: [431, 'APIGW.0201', 'The headers are too large.'],
  broken: [500, 'SVCSTG.SWR.5000049', 'Something is broken here.'],
  noMethod: [405, 'APIGW.0101', 'Only DELETE is possible here.'],
} as const;

/** What it holds, and who may ask. */
export interface MinimalProvider {
  readonly url: string;
  close(): Promise<void>;
}

interface Contents {
  /** The repositories of an organization with their tags. */
  readonly images: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** By token: the organizations in which it may delete. */
  readonly tokens: Readonly<Record<string, readonly string[]>>;
}

export async function startMinimalProvider({ images, tokens }: Contents): Promise<MinimalProvider> {
  const organizations = new Map(
    Object.entries(images).map(([namespace, repositories]) => [
      namespace,
      new Map(Object.entries(repositories).map(([repository, tags]) => [repository, new Set(tags)])),
    ]),
  );
  const app = express().disable('x-powered-by').enable('case sensitive routing').enable('strict routing');
  app.use(identify);
  app.use((request, response, next) => {
    // Decoding a malformed escape fails in the router: who asks comes first.
    if (
      request.method === 'DELETE' &&
      /^\/v2\/manage\/namespaces\/[^/]+\/repos\/[^/]+\/tags\/[^/]+$/.test(request.path)
    ) {
      if (namespacesOf(request, tokens) === undefined) return fail(response, 'unauthenticated');
    }
    return next();
  });
  app.delete(ROUTE, (request, response) => {
    const { namespace, repository, tag } = request.params;
    if (!NAMESPACE.test(namespace)) return fail(response, 'namespace');
    if (!REPOSITORY.test(repository)) return fail(response, 'repository');
    if (!TAG.test(tag)) return fail(response, 'tag');
    if (Object.keys(request.query).length > 0) return fail(response, 'query');
    if (!namespacesOf(request, tokens)?.includes(namespace)) return fail(response, 'forbidden');
    const repositories = organizations.get(namespace);
    if (repositories === undefined) return fail(response, 'noNamespace');
    const tags = repositories.get(repository.replaceAll('$', '/'));
    if (tags === undefined) return fail(response, 'noRepository');
    return tags.delete(tag) ? void response.status(204).end() : fail(response, 'noTag');
  });
  app.all(ROUTE, (_request, response) => fail(response.set('Allow', 'DELETE'), 'noMethod'));
  app.use((_request, response) => fail(response, 'noApi'));
  app.use(answerError);
  const server = createServer({ requireHostHeader: false }, app);
  server.on('checkExpectation', (request, response) => {
    const id = idOf(request.headers['x-request-id']);
    response.writeHead(417, { 'Content-Type': 'application/json', 'X-Request-Id': id });
    response.end(JSON.stringify(bodyOf('expectation', id)));
  });
  server.on('clientError', answerOnSocket);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close().closeAllConnections();
      await once(server, 'close');
    },
  };
}

let served = 0;

function idOf(chosen: string | string[] = ''): string {
  served += 1;
  return typeof chosen === 'string' && /^[\w.-]{1,128}$/.test(chosen) ? chosen : `minimal-${served}`;
}

const identify: RequestHandler = (request, response, next) => {
  response.set('X-Request-Id', idOf(request.get('X-Request-Id')));
  if (request.headersDistinct['host']?.length !== 1) return fail(response, 'malformed');
  return next();
};

/** The organizations in which the caller may delete; undefined if it is unknown, or sends its token twice. */
function namespacesOf(request: Request, tokens: Contents['tokens']): readonly string[] | undefined {
  const sent = request.headersDistinct['x-auth-token'] ?? [];
  // A signature is no way in here: with a token beside it, the contract wants neither.
  if (sent.length !== 1 || request.get('Authorization')?.startsWith('SDK-HMAC-SHA256')) return undefined;
  return new Map(Object.entries(tokens)).get(sent[0] ?? '');
}

/** The router cannot decode a name: which one? Whatever else goes wrong is this provider's own fault. */
const answerError: ErrorRequestHandler = (error: unknown, request, response, _next) => {
  if (!(error instanceof URIError)) return fail(response, 'broken');
  const [namespace = '', repository = ''] = request.path.split('/').filter((_, index) => [4, 6].includes(index));
  return fail(response, isBroken(namespace) ? 'namespace' : isBroken(repository) ? 'repository' : 'tag');
};

function isBroken(name: string): boolean {
  try {
    return decodeURIComponent(name) === undefined;
  } catch {
    return true;
  }
}

function fail(response: Response, name: keyof typeof FAILURES): void {
  response.status(FAILURES[name][0]).json(bodyOf(name, response.get('X-Request-Id')));
}

function bodyOf(name: keyof typeof FAILURES, id: string | undefined): object {
  const [, code, message] = FAILURES[name];
  return {
    errors: [{ errorCode: code, errorMessage: message, detail: '' }],
    error_code: code,
    error_msg: message,
    request_id: id,
  };
}

/** For what never becomes a request. Express is not asked. */
function answerOnSocket({ code, rawPacket }: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket: Duplex): void {
  if (!socket.writable) return;
  const lineEnd = rawPacket?.indexOf('\n') ?? 0;
  const overflow = lineEnd === -1 || lineEnd > 4_096 ? 'longUri' : 'longHeaders';
  const name = code === 'HPE_HEADER_OVERFLOW' ? overflow : 'malformed';
  const id = idOf();
  const body = JSON.stringify(bodyOf(name, id));
  socket.end(
    `HTTP/1.1 ${FAILURES[name][0]} Refused\r\nContent-Type: application/json\r\nX-Request-Id: ${id}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}
