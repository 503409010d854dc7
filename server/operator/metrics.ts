import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** The metrics that the admin listener serves at /metrics. */
export interface Metrics {
  readonly registry: Registry;
  readonly requestsInFlight: Gauge;
  /** Its count is the number of requests. Labels: operation, status, outcome (`done` or a failure's name). */
  readonly requestSeconds: Histogram<'operation' | 'status' | 'outcome'>;
  /** Requests that failed because of the store, by what was wrong with it: `unreachable`, `deletion-disabled`, … */
  readonly storeFailures: Counter<'kind'>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    requestsInFlight: new Gauge({
      name: 'swr_requests_in_flight',
      help: 'Requests that are being answered',
      registers: [registry],
    }),
    requestSeconds: new Histogram({
      name: 'swr_request_duration_seconds',
      help: 'From the request line to the last byte of the answer',
      labelNames: ['operation', 'status', 'outcome'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers: [registry],
    }),
    storeFailures: new Counter({
      name: 'swr_store_failures_total',
      help: 'Requests that failed because of the store, by what was wrong with it',
      labelNames: ['kind'],
      registers: [registry],
    }),
  };
}
