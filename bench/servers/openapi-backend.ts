// openapi-backend on Express 5: routes, validates requests and checks the token, by the same contract. No response
// validation, no log.
import express from 'express';
import { type Context, OpenAPIBackend } from 'openapi-backend';
import { createTokenLookup } from '../../server/http/auth/token.ts';
import { contractFile } from '../../server/http/contract.ts';
import { errorBody, isAbsent, port, principals, TOKEN_HEADER } from '../contract.ts';

const principalOfToken = createTokenLookup(principals);
const api = new OpenAPIBackend({ definition: contractFile, quick: true });
api.register({
  deleteRepoTag: ({ request }: Context, _request: express.Request, response: express.Response) => {
    if (isAbsent(String(request.params['tag']))) response.status(404).json(errorBody('tag-not-found', 'none'));
    else response.status(204).end();
  },
  validationFail: (_context: Context, _request: express.Request, response: express.Response) =>
    response.status(400).json(errorBody('invalid-tag', 'none')),
  unauthorizedHandler: (_context: Context, _request: express.Request, response: express.Response) =>
    response.status(401).json(errorBody('unknown-token', 'none')),
  notFound: (_context: Context, _request: express.Request, response: express.Response) => response.status(404).end(),
});
api.registerSecurityHandler('AuthToken', ({ request }: Context) => {
  const token = request.headers[TOKEN_HEADER.toLowerCase()];
  return typeof token === 'string' && principalOfToken(token) !== undefined;
});
api.registerSecurityHandler('RequestSignature', () => false);
await api.init();

const app = express();
app.use(express.json());
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
