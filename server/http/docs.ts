// For readers: the contract as a page at /docs, in Redoc at /redoc.html, and as it is at /openapi.yaml.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip } from 'node:zlib';
import type { Request, RequestHandler, Response } from 'express';
import { contextOf } from './context.ts';
import { contractFile } from './contract.ts';
import { Failure } from './reply/failures.ts';
import { fixedHeaders } from './reply/send.ts';
import { REQUEST_ID_HEADER } from './request-id.ts';

const DOCS_PATH = '/docs';
const CONTRACT_PATH = '/openapi.yaml';
/** Where `npm run docs` writes. The path is the same from the sources and from the build. */
const folder = new URL('../dist/docs/', pathToFileURL(contractFile));

interface Page {
  readonly file: string;
  readonly isStyledByScript: boolean;
}

/** The pages by their paths. Redoc sets styles while it runs, and searches in a worker that it makes itself. */
const PAGES = {
  [DOCS_PATH]: { file: 'index.html', isStyledByScript: false },
  '/redoc.html': { file: 'redoc.html', isStyledByScript: true },
} as const satisfies Readonly<Record<string, Page>>;

/** Best first: brotli makes the page a fifth smaller than gzip does. */
const CODINGS = {
  br: { ending: '.br', decode: promisify(brotliDecompress) },
  gzip: { ending: '.gz', decode: promisify(gunzip) },
} as const;

/** A file in memory, with copies that were compressed when the docs were built. */
interface ServedFile {
  readonly content: Buffer;
  readonly coded: ReadonlyMap<string, Buffer>;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Serves pages and contract from memory. A page that was not there at the start is looked for when it is asked for: a
 * build may be under way. If there is none, the answer says how to build it.
 */
export async function serveDocs(): Promise<RequestHandler> {
  const contract = fileOf(await readFile(contractFile), { 'Content-Type': 'application/yaml; charset=utf-8' });
  const pages = new Map<string, ServedFile>();
  const pageAt = async (path: keyof typeof PAGES): Promise<ServedFile | undefined> => {
    const known = pages.get(path);
    if (known !== undefined) return known;
    const page = await readPage(PAGES[path]).catch(() => undefined);
    if (page !== undefined) pages.set(path, page);
    return page;
  };
  await Promise.all(Object.keys(PAGES).filter(isPage).map(pageAt));
  const sendPage = async (request: Request, response: Response, path: keyof typeof PAGES): Promise<void> => {
    const page = await pageAt(path);
    if (page === undefined) throw new Failure('api-not-found', { detail: 'the docs are not built: npm run docs' });
    sendFile(request, response, page);
  };
  return (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    const { path } = request;
    if (path === CONTRACT_PATH) return sendFile(request, response, contract);
    if (isPage(path)) return sendPage(request, response, path);
    // Relative, so that they work behind a proxy that adds a path.
    if (path === '/' && isBrowser(request)) return redirect(response, 'docs');
    if (path === `${DOCS_PATH}/`) return redirect(response, '../docs');
    next();
  };
}

function isPage(path: string): path is keyof typeof PAGES {
  return Object.hasOwn(PAGES, path);
}

async function readPage({ file, isStyledByScript }: Page): Promise<ServedFile> {
  const page = new URL(file, folder);
  const html = await readFile(page);
  const coded = new Map<string, Buffer>();
  for (const [coding, { ending, decode }] of Object.entries(CODINGS)) {
    const copy = await readFile(new URL(`${page.href}${ending}`)).catch(() => undefined);
    const decoded = copy && (await decode(copy, { maxOutputLength: html.length }).catch(() => undefined));
    // A build may be replacing the files just now: a copy of another version would not match the policy's hashes.
    if (copy !== undefined && decoded?.equals(html)) coded.set(coding, copy);
  }
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': contentSecurityPolicy(html.toString('utf8'), isStyledByScript),
  };
  return fileOf(html, headers, coded);
}

function fileOf(content: Buffer, headers: ServedFile['headers'], coded: ServedFile['coded'] = new Map()): ServedFile {
  return { content, headers, coded, etag: sha256(content).slice(0, 22) };
}

/** Answers with the file in the best coding that the caller accepts, or with 304 if the caller has it already. */
function sendFile(request: Request, response: Response, file: ServedFile): void {
  const coding = Object.keys(CODINGS).find((one) => file.coded.has(one) && request.acceptsEncodings(one) === one);
  const content = file.coded.get(coding ?? '') ?? file.content;
  // Each coding is a representation with a tag of its own (RFC 9110, section 8.8.3.3).
  response.setHeader('ETag', `"${file.etag}${coding === undefined ? '' : `-${coding}`}"`);
  response.setHeader('Cache-Control', 'no-cache');
  if (file.coded.size > 0) response.vary('Accept-Encoding');
  const isFresh = request.fresh;
  const headers = {
    ...file.headers,
    ...(coding !== undefined && { 'Content-Encoding': coding }),
    'Content-Length': content.length,
  };
  writeHead(response, isFresh ? 304 : 200, isFresh ? {} : headers);
  response.end(isFresh || request.method === 'HEAD' ? undefined : content);
}

function redirect(response: Response, location: string): void {
  writeHead(response, 302, { Location: location, 'Content-Length': 0, 'Cache-Control': 'no-cache' });
  response.end();
}

/** Programs that ask for `/` get 404, as for any other unknown path. */
function isBrowser(request: Request): boolean {
  return /\btext\/html\b/.test(request.get('Accept') ?? '');
}

/** Like the head of any other response, but a browser may keep the content and ask whether it is still current. */
function writeHead(response: Response, status: number, headers: Readonly<Record<string, string | number>>): void {
  const { 'Cache-Control': _, ...fixed } = fixedHeaders;
  response.writeHead(status, { ...fixed, [REQUEST_ID_HEADER]: contextOf(response).requestId, ...headers });
}

/** Only the page's own scripts run, by their hashes, and nothing is loaded from anywhere. */
function contentSecurityPolicy(html: string, isStyledByScript: boolean): string {
  const hashes = (element: string) =>
    [...html.matchAll(new RegExp(`<${element}\\b[^>]*>([\\s\\S]*?)</${element}>`, 'g'))]
      .map(([, text = '']) => `'sha256-${sha256(text)}'`)
      .join(' ');
  return [
    "default-src 'none'",
    `script-src ${hashes('script')}`,
    ...(isStyledByScript
      ? ["style-src 'unsafe-inline'", 'img-src data: blob:', 'font-src data:', 'worker-src blob:']
      : [`style-src ${hashes('style')}`, 'img-src data:']),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('base64');
}
