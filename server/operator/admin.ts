// Metrics and health for operators, on a port of its own. By default only this machine reaches it.
import express, { type Express, type RequestHandler } from 'express';
import { isLoopback } from './loopback.ts';
import type { Metrics } from './metrics/metrics.ts';

/** What the admin listener is made of. */
interface AdminParts {
  readonly metrics: Metrics;
  /** Whether only this machine reaches it. */
  readonly isLocal: boolean;
  /**
   * Rejects with the reason why requests cannot be answered; resolves with what an operator should know though they can.
   */
  readonly isReady: () => Promise<readonly string[]>;
}

export function createAdminApp({ metrics, isLocal, isReady }: AdminParts): Express {
  const app = express();
  app.disable('x-powered-by');
  if (isLocal) app.use(refuseOtherHosts);
  app.get('/healthz', (_request, response) => void response.type('text/plain').send('ok\n'));
  app.get('/readyz', async (_request, response) => {
    const [status, lines] = await isReady().then(
      (remarks) => [200, ['ready', ...remarks]] as const,
      (error: unknown) => [503, [error instanceof Error ? error.message : 'unknown']] as const,
    );
    response
      .status(status)
      .type('text/plain')
      .send(`${lines.join('\n')}\n`);
  });
  app.get('/metrics', async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  app.use(
    (_request, response) =>
      void response.status(404).type('text/plain').send('Here are /healthz, /readyz and /metrics\n'),
  );
  return app;
}

/**
 * Refuses requests for another host. A page in a browser on this machine can give its own name the address of this
 * listener (DNS rebinding), and would read what it answers. An address that others reach is asked by many names.
 */
const refuseOtherHosts: RequestHandler = ({ headers: { host } }, response, next) => {
  if (host === undefined || isLoopback(hostnameOf(host))) return next();
  response.status(421).type('text/plain').send('The admin listener answers loopback names only\n');
};

/** Without the port, and an IPv6 address without its brackets. */
function hostnameOf(host: string): string {
  return (URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : host).replace(/^\[|\]$/g, '');
}
