// The least that a server in front of a registry does, on bare node:http: it reads the tag, and deletes it by its name. No
// authentication, no checks, no log, no limits. Usage: REGISTRY_URL=<url> PORT=<port> node registry-proxy.js
import { Agent, createServer, request } from 'node:http';
import { port } from '../contract.ts';

const registry = process.env['REGISTRY_URL'];
const agent = new Agent({ keepAlive: true, maxSockets: 32 });

function ask(method: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' };
    const asked = request(registry + path, { agent, method, headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    });
    asked.on('error', reject).end();
  });
}

async function deleteTag(url: string): Promise<number> {
  const [, namespace, repository, tag] = /\/namespaces\/([^/]+)\/repos\/([^/]+)\/tags\/([^/]+)$/.exec(url) ?? [];
  const path = `/v2/${namespace}/${repository}/manifests/${tag}`;
  if ((await ask('GET', path)) !== 200) return 404;
  return (await ask('DELETE', path)) === 202 ? 204 : 500;
}

createServer(async ({ url = '' }, response) => {
  response.statusCode = await deleteTag(url).catch(() => 500);
  response.end();
}).listen(port, '127.0.0.1');
