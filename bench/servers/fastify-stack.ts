// Fastify 5 as a team sets it up: a schema of parameters and responses, its log, the same token check, metrics by
// prom-client.
import { fastify } from 'fastify';
import { createTokenLookup } from '../../server/http/auth/token.ts';
import { errorBody, isAbsent, parametersSchema, port, principals, route, TOKEN_HEADER } from '../contract.ts';
import { register, requestSeconds } from './request-metrics.ts';

const text = { type: 'string' } as const;
const errorSchema = {
  type: 'object',
  required: ['errors', 'error_code', 'error_msg', 'request_id'],
  properties: {
    errors: {
      type: 'array',
      items: { type: 'object', properties: { errorCode: text, errorMessage: text, detail: text } },
    },
    error_code: text,
    error_msg: text,
    request_id: text,
  },
} as const;

const principalOfToken = createTokenLookup(principals);
const tokenHeader = TOKEN_HEADER.toLowerCase();
const app = fastify({ logger: true });
app.addHook('onRequest', async (request, reply) => {
  if (request.routeOptions.url === '/metrics') return;
  const token = request.headers[tokenHeader];
  if (typeof token !== 'string' || principalOfToken(token) === undefined)
    return reply.status(401).send(errorBody('unknown-token', request.id));
});
app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
  const labels = { method, route: routeOptions.url ?? '', status: reply.statusCode };
  requestSeconds.observe(labels, reply.elapsedTime / 1000);
});
app.get('/metrics', async (_request, reply) => reply.type(register.contentType).send(await register.metrics()));
app.delete<{ Params: { tag: string } }>(
  route,
  { schema: { params: parametersSchema, response: { '204': { type: 'null' }, '4xx': errorSchema } } },
  async ({ params: { tag }, id }, reply) =>
    isAbsent(tag) ? reply.status(404).send(errorBody('tag-not-found', id)) : reply.status(204).send(),
);
await app.listen({ port, host: '127.0.0.1' });
