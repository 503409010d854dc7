// What the stacks on Express have in common: log, security headers and metrics.
import express, { type Express } from 'express';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import { register, requestSeconds } from './request-metrics.ts';

/** An Express application with pino-http, helmet and prom-client, each as its documentation shows. */
export function createExpressStack(): Express {
  const app = express();
  app.get('/metrics', async (_request, response) => {
    response.type(register.contentType).send(await register.metrics());
  });
  app.use((request, response, next) => {
    const end = requestSeconds.startTimer({ method: request.method });
    response.on('finish', () => end({ route: request.route?.path ?? '', status: response.statusCode }));
    next();
  });
  app.use(pinoHttp());
  app.use(helmet());
  app.use(express.json());
  return app;
}
