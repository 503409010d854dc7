import { expect, test } from 'vitest';
import packageFile from '../../../package.json' with { type: 'json' };
import { createCheckObserver } from '../../../server/operator/metrics/iam-metrics.ts';
import { measuredStore } from '../../../server/operator/metrics/measured-store.ts';
import { createMetrics } from '../../../server/operator/metrics/metrics.ts';
import { STORAGE_FAILURES } from '../../../server/store.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { areMissing } from '../../support/programs.ts';
import { PROMTOOL, promtool } from '../../support/promtool.ts';
import { goodCredentials, SECRET, TAG_PATH, useServerProcesses } from '../../support/server-processes.ts';
import { ask, requestText } from '../../support/wire.ts';

const servers = useServerProcesses();

test.skipIf(areMissing(PROMTOOL))(
  'The metrics of a server that has deleted pass `promtool check metrics`, and say which version runs',
  async () => {
    const server = servers.start({
      DATA_DIR: servers.dataDir,
      CREDENTIALS_FILE: await servers.credentialsFile(goodCredentials),
    });
    await ask(await server.url, requestText(`DELETE ${TAG_PATH}`, { 'X-Auth-Token': SECRET }));
    const admin = await server.adminUrl;
    await fetch(`${admin}/readyz`);
    const metrics = await (await fetch(`${admin}/metrics`)).text();
    expect(await promtool(['check', 'metrics'], metrics)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(metrics).toContain(`swr_build_info{version="${packageFile.version}",node_version="${process.version}"} 1\n`);
    for (const line of [
      'swr_store_operation_duration_seconds_count{operation="delete_tag",result="done"} 1',
      'swr_store_operation_duration_seconds_count{operation="ready",result="done"} 1',
    ]) {
      expect(metrics).toContain(`${line}\n`);
    }
  },
);

test('Every kind of failure has a value before the first one, so that a rate sees it', async () => {
  const { registry } = createMetrics();
  createCheckObserver(registry);
  const metrics = await registry.metrics();
  for (const kind of [...STORAGE_FAILURES, 'not-in-time', 'defect']) {
    expect(metrics).toContain(`swr_store_failures_total{kind="${kind}"} 0\n`);
  }
  for (const result of ['valid', 'invalid', 'unreachable', 'timeout', 'refused', 'not_understood']) {
    expect(metrics).toContain(`swr_iam_checks_total{result="${result}"} 0\n`);
  }
});

test.skipIf(areMissing(PROMTOOL))('The metrics of an identity service pass the check, too', async () => {
  const { registry } = createMetrics();
  const observer = createCheckObserver(registry);
  observer.checked('iam-unreachable', 0.1);
  expect(await promtool(['check', 'metrics'], await registry.metrics())).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('The queue of deletes shows its length and the age of its oldest one until all have ended', async () => {
  const metrics = createMetrics();
  const memory = new MemoryStore('group/app:v1', 'group/app:v2', 'group/app:v4');
  const store = measuredStore(memory, metrics);
  const gaugeOf = async (name: string) =>
    Number(new RegExp(`^${name} (.*)$`, 'm').exec(await metrics.registry.metrics())?.[1]);
  let open = (): void => undefined;
  memory.gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const deletes = ['v1', 'v2', 'v3'].map((tag) => store.deleteTag({ namespace: 'group', repository: 'app', tag }));
  expect(await gaugeOf('swr_delete_queue_length')).toBe(3);
  await expect.poll(() => gaugeOf('swr_delete_queue_age_seconds')).toBeGreaterThan(0.01);
  open();
  expect((await Promise.allSettled(deletes)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
  ]);
  expect(await gaugeOf('swr_delete_queue_length')).toBe(0);
  expect(await gaugeOf('swr_delete_queue_age_seconds')).toBe(0);
  expect(await metrics.registry.metrics()).toContain(
    'swr_store_operation_duration_seconds_count{operation="delete_tag",result="tag-not-found"} 1\n',
  );
});
