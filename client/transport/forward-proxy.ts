// The forward proxies that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name, in upper or lower case.
// undici is loaded for the first request that needs it. Loaded with the package, before Node's own, it replaced what every
// fetch of the program sends with.
import type { buildConnector, Dispatcher, Pool as PoolOfUndici } from 'undici';

/** What the environment names. */
export interface ForwardProxies {
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
  /** Hosts without a proxy, separated by commas. */
  readonly noProxy: string;
}

/** @returns undefined if the environment names no proxy @throws TypeError if one is not an http or https URL, which is not quoted */
export function readForwardProxies(): ForwardProxies | undefined {
  const [httpProxy, httpsProxy] = [proxyOf('http_proxy'), proxyOf('https_proxy')];
  if (httpProxy === undefined && httpsProxy === undefined) return undefined;
  return {
    ...(httpProxy !== undefined && { httpProxy }),
    ...(httpsProxy !== undefined && { httpsProxy }),
    noProxy: process.env['no_proxy'] ?? process.env['NO_PROXY'] ?? '',
  };
}

/**
 * Makes connections, through proxies if there are any.
 * @param connections max connections to a host
 * @returns a function that makes the dispatcher at its first call. A failure to load undici is not kept: the process may
 * have been out of descriptors
 */
export function lazyDispatcher(
  connections: number | null,
  proxies: ForwardProxies | undefined,
): () => Promise<Dispatcher> {
  let made: Promise<Dispatcher> | undefined;
  return () => {
    made ??= createDispatcher(connections, proxies).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

async function createDispatcher(connections: number | null, proxies: ForwardProxies | undefined): Promise<Dispatcher> {
  const { Agent, EnvHttpProxyAgent, Pool } = await import('undici');
  if (proxies === undefined) return new Agent({ connections });
  const pool = (origin: string | URL, options: object) => {
    const { connect, ...others } = options as PoolOfUndici.Options;
    const name = nameOfProxy(origin, proxies);
    const named = name !== undefined && typeof connect === 'function' ? naming(name, connect) : connect;
    return new Pool(origin, { connections, ...others, ...(named && { connect: named }) });
  };
  return new EnvHttpProxyAgent({
    connections,
    ...proxies,
    // Many proxies allow CONNECT to port 443 alone, so http is sent to them in absolute form (RFC 9112, 3.2.2).
    proxyTunnel: false,
    // For that form undici leaves out the limit.
    factory: pool,
    // Connections to a proxy that tunnels.
    clientFactory: pool,
  });
}

/** @returns such as `proxy.example:3128 (HTTP_PROXY)`, undefined if the origin is not a proxy's */
function nameOfProxy(origin: string | URL, { httpProxy, httpsProxy }: ForwardProxies): string | undefined {
  const { href, host } = new URL(origin);
  const variables = Object.entries({ HTTP_PROXY: httpProxy, HTTPS_PROXY: httpsProxy })
    .filter(([, proxy]) => proxy !== undefined && new URL(proxy).href === href)
    .map(([variable]) => variable);
  return variables.length === 0 ? undefined : `${host} (${variables.join(' and ')})`;
}

/** Connects, and says of a failure that it is the proxy's: the provider was not asked. */
function naming(proxy: string, connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error === null) return callback(null, socket);
      const { code, message } = error as NodeJS.ErrnoException;
      // An error that collects those of several addresses has a code, and no message.
      error.message = `the proxy ${proxy} cannot be reached: ${message || code}`;
      callback(error, null);
    });
}

let shared: (() => Promise<Dispatcher>) | undefined;

/**
 * What makes the platform's fetch use the environment's proxies: Node 20 and 22 ignore them.
 * @param proxies those of the first call hold for all that follow
 * @returns undefined if the program or Node (NODE_USE_ENV_PROXY) has set another dispatcher
 */
export async function dispatcherForFetch(proxies: ForwardProxies): Promise<Dispatcher | undefined> {
  if (!setDispatchers().every(isDefault)) return undefined;
  shared ??= lazyDispatcher(null, proxies);
  return shared();
}

/** Where undici keeps the dispatcher of every fetch: since version 7 the second too (its lib/global.js). */
const GLOBAL_DISPATCHERS = ['undici.globalDispatcher.1', 'undici.globalDispatcher.2'];

function setDispatchers(): unknown[] {
  return GLOBAL_DISPATCHERS.map((name) => (globalThis as Record<symbol, unknown>)[Symbol.for(name)]);
}

/** By its name: Node's own undici and the package have a class each. The wrapper is what version 8 sets for older ones. */
function isDefault(dispatcher: unknown): boolean {
  return dispatcher === undefined || ['Agent', 'Dispatcher1Wrapper'].includes(Object(dispatcher).constructor.name);
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
