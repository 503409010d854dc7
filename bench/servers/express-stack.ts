// Express 5 as a team sets it up: express-openapi-validator for requests and responses, pino-http, helmet, prom-client.
import type { ErrorRequestHandler, Request } from 'express';
import { middleware } from 'express-openapi-validator';
import { createTokenLookup } from '../../server/http/auth/token.ts';
import { contractFile } from '../../server/http/contract.ts';
import { errorBody, isAbsent, port, principals, route, TOKEN_HEADER } from '../contract.ts';
import { createExpressStack } from './express-parts.ts';

const principalOfToken = createTokenLookup(principals);
const app = createExpressStack();
app.use(
  middleware({
    apiSpec: contractFile,
    validateRequests: true,
    validateResponses: true,
    validateSecurity: {
      handlers: {
        AuthToken: (request: Request) => principalOfToken(request.get(TOKEN_HEADER) ?? '') !== undefined,
        RequestSignature: () => false,
      },
    },
  }),
);
app.delete(route, (request, response) => {
  if (isAbsent(String(request.params['tag']))) response.status(404).json(errorBody('tag-not-found', 'none'));
  else response.status(204).end();
});
const answerError: ErrorRequestHandler = (
  { status = 500 }: { readonly status?: number },
  _request,
  response,
  _next,
) => {
  response.status(status).json(errorBody(status === 401 ? 'unknown-token' : 'storage-failure', 'none'));
};
app.use(answerError);
app.listen(port, '127.0.0.1');
