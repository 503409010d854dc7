// Requests to other hosts go through the forward proxies that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name, in upper or
// lower case.
import { Agent, type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';

/** The names of the variables that hold a URL. */
const NAMES = ['http_proxy', 'https_proxy'] as const;

/**
 * Makes connections, through the environment's proxies if it names any.
 * @param options hold for the connections to the proxy, too
 */
export function createDispatcher({ connect = {}, ...options }: Agent.Options): Dispatcher {
  const [httpProxy, httpsProxy] = NAMES.map((name) => proxyOf(process.env, name));
  if ((httpProxy ?? httpsProxy) === undefined || typeof connect === 'function') {
    return new Agent({ connect, ...options });
  }
  return new EnvHttpProxyAgent({
    ...options,
    connect,
    requestTls: connect,
    proxyTls: connect,
    ...(httpProxy !== undefined && { httpProxy }),
    ...(httpsProxy !== undefined && { httpsProxy }),
    // Many proxies allow CONNECT to port 443 alone, so http is sent to them in absolute form (RFC 9112, 3.2.2).
    proxyTunnel: false,
    // For that form undici leaves out the limits of number and size.
    factory: (origin, given) => new Pool(origin, { ...options, ...given }),
  });
}

/** What is wrong with the variables, a line each. A line never has the URL, which may hold a password. */
export function forwardProxyProblems(env: NodeJS.ProcessEnv): string[] {
  return NAMES.filter((name) => {
    const url = proxyOf(env, name);
    return url !== undefined && !(URL.canParse(url) && /^https?:/.test(url));
  }).map((name) => `${name.toUpperCase()}: must be a URL such as http://proxy.example:3128`);
}

/** As curl takes it: `proxy.example:3128` is `http://proxy.example:3128`. An empty variable counts as not set. */
function proxyOf(env: NodeJS.ProcessEnv, name: (typeof NAMES)[number]): string | undefined {
  const value = env[name] ?? env[name.toUpperCase()];
  if (!value) return undefined;
  return value.includes('://') ? value : `http://${value}`;
}
