// `swr-tag-delete serve`, the command around serve.ts.
import { Command } from 'commander';
import { serve } from './serve.ts';

const settings = `
Settings are environment variables:
  HOST, PORT               where it listens (127.0.0.1, 8080)
  ADMIN_HOST, ADMIN_PORT   where metrics and probes are (127.0.0.1, 9090)
  STORE                    where images are: layout (default) or registry
  DATA_DIR                 the OCI image layouts (./data)
  REGISTRY_URL             an OCI Distribution registry; REGISTRY_USERNAME,
                           REGISTRY_PASSWORD or REGISTRY_AUTH_FILE: its login
  REGISTRY_CA_FILE, REGISTRY_DELETE_MODE
  CREDENTIALS_FILE         YAML: callers, and where each may delete. Without it
                           the server prints a token for callers on this machine
  OS_AUTH_URL, OS_CACERT   a Keystone that knows the callers' tokens
  PUBLIC_URL               the URL that callers use, if a proxy changes it
  TRUST_PROXY              proxies whose X-Forwarded-For the log believes
  PROTECTED_TAGS           a regular expression: tags that nobody may delete
  RATE_LIMIT               requests a minute and caller; 0 (default): no limit
  LOG_LEVEL                fatal, error, warn, info (default), debug, silent
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY

Examples:
  swr-tag-delete serve
  STORE=registry REGISTRY_URL=http://127.0.0.1:5000 swr-tag-delete serve

Exit codes: 0 ended by a signal, 1 failed, 2 invalid settings.`;

/** The command. Its settings are in the environment, so it has no options. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Runs the server until SIGTERM or Ctrl-C.')
    .addHelpText('after', settings)
    .action(serve);
}
