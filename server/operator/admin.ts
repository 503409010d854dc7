// Metrics and health for operators, on a port of its own that only this machine reaches.
import express, { type Express } from 'express';
import type { Metrics } from './metrics.ts';

/**
 * @param isReady rejects with the reason why requests cannot be answered; resolves with what an operator should know
 *   though they can
 */
export function createAdminApp(metrics: Metrics, isReady: () => Promise<readonly string[]>): Express {
  const app = express();
  app.disable('x-powered-by');
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
