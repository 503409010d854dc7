// Metrics and health for operators, on a port of its own that only this machine reaches.
import express, { type Express } from 'express';
import type { Metrics } from './metrics.ts';

/** @param isReady rejects with the reason why requests cannot be answered */
export function createAdminApp(metrics: Metrics, isReady: () => Promise<void>): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/healthz', (_request, response) => void response.type('text/plain').send('ok\n'));
  app.get('/readyz', async (_request, response) => {
    const reason = await isReady().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : 'unknown'),
    );
    response
      .status(reason === undefined ? 200 : 503)
      .type('text/plain')
      .send(`${reason ?? 'ready'}\n`);
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
