// Fastify 5 with a schema of the parameters, a serializer of the errors, and the same token check as ours. With LOG=on
// its own log writes two lines a request to standard output, with default settings.
import { fastify } from 'fastify';
import { createTokenLookup } from '../../server/http/auth/token.ts';
import { errorBody, isAbsent, parametersSchema, port, principals, route, TOKEN_HEADER } from '../contract.ts';

const text = { type: 'string' } as const;
const errorSchema = {
  type: 'object',
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
const app = fastify({ logger: process.env['LOG'] === 'on' });
app.addHook('onRequest', async (request, reply) => {
  const token = request.headers[tokenHeader];
  if (typeof token !== 'string' || principalOfToken(token) === undefined)
    return reply.status(401).send(errorBody('unknown-token', request.id));
});
app.delete<{ Params: { tag: string } }>(
  route,
  { schema: { params: parametersSchema, response: { '4xx': errorSchema } } },
  async ({ params: { tag }, id }, reply) =>
    isAbsent(tag) ? reply.status(404).send(errorBody('tag-not-found', id)) : reply.status(204).send(),
);
await app.listen({ port, host: '127.0.0.1' });
