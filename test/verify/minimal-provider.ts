// A second provider, written as a partner would write one: by hand, from the rendered contract, on bare Express. It
// takes nothing from this project, and so repeats on purpose what stands in the contract. Tokens are its only way in;
// it has neither a limit nor protected tags.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
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
  /** For each token where it may delete. */
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
  const server = app.listen(0, '127.0.0.1');
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

const identify: RequestHandler = (request, response, next) => {
  const chosen = request.get('X-Request-Id') ?? '';
  served += 1;
  response.set('X-Request-Id', /^[\w.-]{1,128}$/.test(chosen) ? chosen : `minimal-${served}`);
  next();
};

/** Where the caller may delete; undefined where it is not known, or sends its token twice. */
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
  const [status, code, message] = FAILURES[name];
  response.status(status).json({
    errors: [{ errorCode: code, errorMessage: message, detail: '' }],
    error_code: code,
    error_msg: message,
    request_id: response.get('X-Request-Id'),
  });
}
