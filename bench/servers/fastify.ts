// Bare Fastify 5: one route, no authentication, no schema, no log.
import { fastify } from 'fastify';
import { errorBody, isAbsent, port, route } from '../contract.ts';

const app = fastify();
app.delete<{ Params: { tag: string } }>(route, async ({ params: { tag } }, reply) =>
  isAbsent(tag) ? reply.status(404).send(errorBody('tag-not-found', 'none')) : reply.status(204).send(),
);
await app.listen({ port, host: '127.0.0.1' });
