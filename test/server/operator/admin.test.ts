import { expect, test } from 'vitest';
import { goodCredentials, SECRET, TAG_PATH, useServerProcesses } from '../../support/server-processes.ts';
import { ask, requestText } from '../../support/wire.ts';

const servers = useServerProcesses();

test('The admin listener serves health and metrics, and nothing else', async () => {
  const server = servers.start({
    DATA_DIR: servers.dataDir,
    CREDENTIALS_FILE: await servers.credentialsFile(goodCredentials),
  });
  const admin = await server.adminUrl;
  await ask(await server.url, requestText(`DELETE ${TAG_PATH}`, { 'X-Auth-Token': SECRET, Connection: 'close' }));
  expect(await (await fetch(`${admin}/healthz`)).text()).toBe('ok\n');
  expect(await (await fetch(`${admin}/readyz`)).text()).toBe('ready\n');
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  expect(metrics).toContain(
    'swr_request_duration_seconds_count{operation="deleteRepoTag",status="204",outcome="done"} 1',
  );
  expect(metrics).toContain('process_cpu_user_seconds_total');
  expect((await fetch(`${admin}/elsewhere`)).status).toBe(404);
});
