import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { CheckObserver, CheckResult, TokenChecks } from '../../http/auth/iam/check-tokens.ts';

/** How a check can end; each has a value from the start, because a rate needs one before the first failure. */
const RESULTS: readonly CheckResult[] = [
  'valid',
  'invalid',
  'iam-unreachable',
  'iam-timeout',
  'iam-refused',
  'iam-not-understood',
];

function wordOf(result: CheckResult): string {
  return result.replace('iam-', '').replaceAll('-', '_');
}

/** Metrics of the checks of tokens. They are there only if an identity service is. */
export function createCheckObserver(registry: Registry): CheckObserver {
  const registers = [registry];
  const checks = new Counter({
    name: 'swr_iam_checks_total',
    help: 'Checks of tokens by the identity service, by result',
    labelNames: ['result'],
    registers,
  });
  const seconds = new Histogram({
    name: 'swr_iam_check_seconds',
    help: 'From asking the identity service to the last byte of its answer',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  const cache = new Counter({
    name: 'swr_iam_cache_total',
    help: 'Tokens that the credentials file does not have: known valid (hit), known invalid (negative), or neither (miss)',
    labelNames: ['result'],
    registers,
  });
  for (const result of RESULTS) checks.inc({ result: wordOf(result) }, 0);
  for (const result of ['hit', 'negative', 'miss']) cache.inc({ result }, 0);
  return {
    checked(result, duration) {
      checks.inc({ result: wordOf(result) });
      seconds.observe(duration);
    },
    looked: (result) => cache.inc({ result }),
  };
}

/** Gauges that are read when the metrics are. */
export function registerCheckGauges(registry: Registry, checks: TokenChecks): void {
  const registers = [registry];
  new Gauge({
    name: 'swr_iam_checks_in_flight',
    help: 'Checks of tokens under way',
    registers,
    collect() {
      this.set(checks.underWay);
    },
  });
  new Gauge({
    name: 'swr_iam_circuit_open',
    help: '1 while the identity service is not asked because its last checks have failed',
    registers,
    collect() {
      this.set(checks.isCircuitOpen ? 1 : 0);
    },
  });
}
