// For readers: the rendered contract at /docs, and the contract itself at /openapi.yaml.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import type { RequestHandler, Response } from 'express';
import { contractFile } from './contract.ts';
import { Failure } from './reply/failures.ts';
import { writeHead } from './reply/send.ts';

const DOCS_PATH = '/docs';
const CONTRACT_PATH = '/openapi.yaml';
/** The page that `npm run docs` writes, beside the contract: sources and build find the same one. */
const page = new URL('../dist/docs/index.html', pathToFileURL(contractFile));

/** Serves both from memory. If the page was not built, the answer says how to build it. */
export async function serveDocs(): Promise<RequestHandler> {
  const yaml = await readFile(contractFile);
  const html = await readFile(page).catch(() => undefined);
  const policy = html && contentSecurityPolicy(html.toString('utf8'));
  return (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    if (request.path === CONTRACT_PATH) return sendFile(response, 'application/yaml; charset=utf-8', yaml);
    if (request.path !== DOCS_PATH) return next();
    if (html === undefined || policy === undefined) {
      throw new Failure('api-not-found', { detail: 'the docs are not built: npm run docs' });
    }
    sendFile(response, 'text/html; charset=utf-8', html, { 'Content-Security-Policy': policy });
  };
}

function sendFile(response: Response, type: string, content: Buffer, headers: Record<string, string> = {}): void {
  writeHead(response, 200, { ...headers, 'Content-Type': type, 'Content-Length': content.length });
  response.end(response.req.method === 'HEAD' ? undefined : content);
}

/** Only the page's own scripts run, by their hashes, and nothing is loaded. Redoc sets styles while it runs. */
function contentSecurityPolicy(html: string): string {
  const scripts = [...html.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, script = '']) => script);
  const hashes = scripts.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  return [
    "default-src 'none'",
    `script-src ${[...new Set(hashes)].join(' ')}`,
    "style-src 'unsafe-inline'",
    'img-src data: blob:',
    'font-src data:',
    'worker-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
