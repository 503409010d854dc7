import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { version } from '../../process/package.ts';
import { STORAGE_FAILURES } from '../../store.ts';
import { createDeleteQueueMetrics, type DeleteQueueMetrics } from './delete-queue-metrics.ts';

/** The metrics that the admin listener serves at /metrics. */
export interface Metrics {
  readonly registry: Registry;
  readonly requestsInFlight: Gauge;
  /** Its count is the number of requests. Labels: operation, status, outcome (`done` or a failure's name). */
  readonly requestSeconds: Histogram<'operation' | 'status' | 'outcome'>;
  /** Labels: the store's operation, and its result (`done` or the kind of its error). */
  readonly storeSeconds: Histogram<'operation' | 'result'>;
  readonly deleteQueue: DeleteQueueMetrics;
  /** Requests that failed because of the store, by what was wrong with it: `unreachable`, `deletion-disabled`, … */
  readonly storeFailures: Counter<'kind'>;
}

/** prom-client's gauges whose names Prometheus reserves for counters. Each is the sum of one that stays. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Seconds; a delete on disk takes a few milliseconds, one in a registry up to a second, and 30 s is the limit. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  new Gauge({
    name: 'swr_build_info',
    help: 'Always 1; the labels say what runs',
    labelNames: ['version', 'node_version'],
    registers,
  }).set({ version, node_version: process.version }, 1);
  const storeFailures = new Counter({
    name: 'swr_store_failures_total',
    help: 'Requests that failed because of the store, by what was wrong with it',
    labelNames: ['kind'],
    registers,
  });
  // From the start, because a rate needs a value before the first failure.
  for (const kind of [...STORAGE_FAILURES, 'not-in-time', 'defect']) storeFailures.inc({ kind }, 0);
  return {
    registry,
    requestsInFlight: new Gauge({
      name: 'swr_requests_in_flight',
      help: 'Requests that are being answered',
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'swr_request_duration_seconds',
      help: 'From the request line to the last byte of the answer',
      labelNames: ['operation', 'status', 'outcome'],
      buckets: BUCKETS,
      registers,
    }),
    storeSeconds: new Histogram({
      name: 'swr_store_operation_duration_seconds',
      help: 'From asking the store to its result, with the time in its queue',
      labelNames: ['operation', 'result'],
      buckets: BUCKETS,
      registers,
    }),
    deleteQueue: createDeleteQueueMetrics(registry),
    storeFailures,
  };
}
