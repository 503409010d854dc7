// Connections through the forward proxies that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name, in upper or lower case. They are
// tunnels for http, too: a proxy that reads requests would mend or refuse the illegal ones.
import type { Socket } from 'node:net';
import { Client } from 'undici';
import { CannotRun } from '../cannot-run.ts';

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * The proxy for a URL. As with undici's EnvHttpProxyAgent, HTTP_PROXY counts for https too if HTTPS_PROXY is not set.
 * @returns undefined if the URL is reached without one
 * @throws CannotRun if the proxy is not an http or https URL
 */
export function proxyOf(url: URL, env: NodeJS.ProcessEnv = process.env): URL | undefined {
  const http = env['http_proxy'] ?? env['HTTP_PROXY'];
  const https = env['https_proxy'] ?? env['HTTPS_PROXY'];
  const value = (url.protocol === 'https:' && https) || http;
  if (!value || isExempt(url, env['no_proxy'] ?? env['NO_PROXY'] ?? '')) return undefined;
  const proxy = value.includes('://') ? value : `http://${value}`;
  if (!URL.canParse(proxy) || !/^https?:/.test(proxy)) {
    const name = value === http ? 'HTTP_PROXY' : 'HTTPS_PROXY';
    throw new CannotRun([`${name} must be a URL such as http://proxy.example:3128`]);
  }
  return new URL(proxy);
}

/** Each entry is `*`, a host or a domain, with or without a port. */
function isExempt({ protocol, hostname, port }: URL, noProxy: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = entry, itsPort] = /^([^:]+|\[.+\]):(\d+)$/.exec(entry) ?? [];
      if (itsPort !== undefined && itsPort !== (port || DEFAULT_PORTS[protocol])) return false;
      const domain = name.replace(/^\*?\.|^\[|\]$/g, '');
      return host === domain || host.endsWith(`.${domain}`);
    });
}

interface Options {
  /** For the connection to the proxy, and for its answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a tunnel (RFC 9110, 9.3.6). It allows for being half open.
 * @returns a socket whose bytes are the target's
 * @throws Error if the proxy cannot be reached or does not open the tunnel
 */
export async function openThrough(
  proxy: URL,
  target: { readonly host: string; readonly port: number },
  { timeoutMs, signal }: Options,
): Promise<Socket> {
  const { host, port } = target;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const client = new Client(proxy.origin, {
    connect: { timeout: timeoutMs, allowHalfOpen: true },
    headersTimeout: timeoutMs,
  });
  try {
    const { statusCode, socket } = await client.connect({
      path: authority,
      headers: { host: authority, ...authorization(proxy) },
      signal: signal ?? null,
    });
    if (statusCode >= 200 && statusCode < 300) return socket as Socket;
    socket.on('error', () => undefined).destroy();
    throw new Error(`the proxy ${proxy.host} answered CONNECT ${authority} with ${statusCode}`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new Error(`the proxy ${proxy.host}: ${message || code}`, { cause: error });
  } finally {
    void client.close();
  }
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}
