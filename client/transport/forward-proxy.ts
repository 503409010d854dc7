// The forward proxies that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name, in upper or lower case.
import { Agent, type Dispatcher, EnvHttpProxyAgent, getGlobalDispatcher, Pool } from 'undici';

/**
 * Makes connections, through the environment's proxies if it names any.
 * @param connections max connections to a host
 * @throws TypeError if a proxy is not an http or https URL
 */
export function createDispatcher(connections: number | null): Dispatcher {
  const [httpProxy, httpsProxy] = [proxyOf('http_proxy'), proxyOf('https_proxy')];
  if (httpProxy === undefined && httpsProxy === undefined) return new Agent({ connections });
  return new EnvHttpProxyAgent({
    connections,
    ...(httpProxy !== undefined && { httpProxy }),
    ...(httpsProxy !== undefined && { httpsProxy }),
    // Many proxies allow CONNECT to port 443 alone, so http is sent to them in absolute form (RFC 9112, 3.2.2).
    proxyTunnel: false,
    // For that form undici leaves out the limit.
    factory: (origin, options) => new Pool(origin, { connections, ...options }),
  });
}

let shared: Dispatcher | undefined;

/** Whether the environment names a proxy. @throws TypeError if one is not an http or https URL, which is not quoted */
export function hasForwardProxy(): boolean {
  const named = [proxyOf('http_proxy'), proxyOf('https_proxy')];
  return named.some((proxy) => proxy !== undefined);
}

/**
 * What makes the platform's fetch use the environment's proxies: Node 20 and 22 ignore them.
 * @returns undefined if the program or Node (NODE_USE_ENV_PROXY) has set another dispatcher
 */
export function dispatcherForFetch(): Dispatcher | undefined {
  // By its name: Node's own undici and the package have a class each.
  if (getGlobalDispatcher().constructor.name !== 'Agent') return undefined;
  shared ??= createDispatcher(null);
  return shared;
}

/** As curl takes it: `proxy.example:3128` is `http://proxy.example:3128`. An empty variable counts as not set. */
function proxyOf(name: 'http_proxy' | 'https_proxy'): string | undefined {
  const value = process.env[name] ?? process.env[name.toUpperCase()];
  if (!value) return undefined;
  const url = value.includes('://') ? value : `http://${value}`;
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new TypeError(`${name.toUpperCase()} must be a URL such as http://proxy.example:3128`);
  }
  return url;
}
