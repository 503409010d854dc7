// openapi-backend on Express 5 as a team sets it up: requests and responses are validated, the token is checked;
// pino-http, helmet, prom-client.
import type { Request, Response } from 'express';
import { type Context, OpenAPIBackend } from 'openapi-backend';
import { createTokenLookup } from '../../server/http/auth/token.ts';
import { contractFile } from '../../server/http/contract.ts';
import { errorBody, isAbsent, port, principals, TOKEN_HEADER } from '../contract.ts';
import { createExpressStack } from './express-parts.ts';

/** What a handler gives to the check of responses, which sends it. */
interface Answer {
  readonly status: number;
  readonly body?: object;
}

const principalOfToken = createTokenLookup(principals);
const api = new OpenAPIBackend({ definition: contractFile, quick: true }); // its check of the document knows no OpenAPI 3.1
api.register({
  deleteRepoTag: ({ request }: Context): Answer =>
    isAbsent(String(request.params['tag']))
      ? { status: 404, body: errorBody('tag-not-found', 'none') }
      : { status: 204 },
  validationFail: () => ({ status: 400, body: errorBody('invalid-tag', 'none') }),
  unauthorizedHandler: () => ({ status: 401, body: errorBody('unknown-token', 'none') }),
  notFound: () => ({ status: 404 }),
  postResponseHandler: ({ api: backend, operation, response }: Context, _request: Request, sent: Response) => {
    const { status, body } = response as Answer;
    const { errors } =
      body === undefined || operation === undefined ? {} : backend.validateResponse(body, operation, status);
    if (errors) sent.status(502).json(errorBody('storage-failure', 'none'));
    else if (body === undefined) sent.status(status).end();
    else sent.status(status).json(body);
  },
});
api.registerSecurityHandler('AuthToken', ({ request }: Context) => {
  const token = request.headers[TOKEN_HEADER.toLowerCase()];
  return typeof token === 'string' && principalOfToken(token) !== undefined;
});
api.registerSecurityHandler('RequestSignature', () => false);
await api.init();

const app = createExpressStack();
app.use((request, response) =>
  api.handleRequest(
    {
      method: request.method,
      path: request.path,
      body: request.body,
      query: request.query as Record<string, string>,
      headers: request.headers as Record<string, string>,
    },
    request,
    response,
  ),
);
app.listen(port, '127.0.0.1');
