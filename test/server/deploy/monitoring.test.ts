// The alerting rules and the dashboard that operators load: a metric that is renamed must not silence them.
import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { createCheckObserver } from '../../../server/operator/metrics/iam-metrics.ts';
import { createMetrics } from '../../../server/operator/metrics/metrics.ts';
import { areMissing, temporaryDirectory } from '../../support/programs.ts';
import { PROMTOOL, promtool } from '../../support/promtool.ts';

const folder = new URL('../../../server/deploy/', import.meta.url);
const alertsFile = new URL('alerts.yaml', folder).pathname;
const alerts: { groups: { rules: { expr: string }[] }[] } = parse(await readFile(alertsFile, 'utf8'));
const dashboard: { panels: { targets: { expr: string }[] }[] } = JSON.parse(
  await readFile(new URL('grafana-dashboard.json', folder), 'utf8'),
);
const alertQueries = alerts.groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
const panelQueries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

test.skipIf(areMissing(PROMTOOL))('Prometheus loads the five alerting rules', async () => {
  const { code, stdout } = await promtool(['check', 'rules', '--lint-fatal', alertsFile]);
  expect(stdout).toContain('5 rules found');
  expect(code).toBe(0);
});

test.skipIf(areMissing(PROMTOOL))('Each rule fires for its trouble, and only then', async () => {
  const file = new URL('alerts.promtool.yaml', import.meta.url).pathname;
  expect(await promtool(['test', 'rules', file])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('SUCCESS'),
  });
});

test.skipIf(areMissing(PROMTOOL))('Prometheus understands every query of the dashboard', async () => {
  const rules = panelQueries.map((expr, position) => ({
    record: `panel:${position}`,
    // What Grafana puts in by itself.
    expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'),
  }));
  const { path, remove } = await temporaryDirectory();
  const file = `${path}/panels.yaml`;
  await writeFile(file, stringify({ groups: [{ name: 'panels', rules }] }));
  const { code, stdout, stderr } = await promtool(['check', 'rules', file]).finally(remove);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`${panelQueries.length} rules found`);
});

test('Rules and dashboard ask for metrics that the server has', async () => {
  const { registry } = createMetrics();
  createCheckObserver(registry);
  const known = new Set(registry.getMetricsAsArray().map(({ name }) => name));
  const asked = new Set(
    [...alertQueries, ...panelQueries].flatMap((expr) =>
      [...expr.matchAll(/\b(?:swr|nodejs|process)_\w+/g)].map(([name]) => name.replace(/_(?:count|bucket)$/, '')),
    ),
  );
  expect(asked.size).toBeGreaterThan(8);
  expect([...asked].filter((name) => !known.has(name))).toEqual([]);
});
