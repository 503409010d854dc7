// Bare node:http: the most that any Node server can reach.
import { createServer } from 'node:http';
import { ABSENT, errorBody, port } from '../contract.ts';

const notFound = JSON.stringify(errorBody('tag-not-found', 'none'));

createServer((request, response) => {
  if (request.url?.includes(`/${ABSENT}`)) {
    response.writeHead(404, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(notFound) });
    response.end(notFound);
  } else {
    response.writeHead(204);
    response.end();
  }
}).listen(port, '127.0.0.1');
