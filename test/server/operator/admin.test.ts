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

test('With ADMIN_HOST a kubelet and Prometheus on other machines reach it, under any name', async () => {
  const server = servers.start({ DATA_DIR: servers.dataDir, ADMIN_HOST: '0.0.0.0' });
  const admin = (await server.adminUrl).replace('0.0.0.0', '127.0.0.1');
  for (const host of ['swr-tag-delete:9090', '10.1.2.3:9090', 'swr.example']) {
    expect(await ask(admin, requestText('GET /readyz', { Host: host }))).toMatchObject({
      status: 200,
      body: 'ready\n',
    });
  }
});

test.each([
  ['localhost:9090', 200],
  ['127.0.0.1', 200],
  ['[::1]:9090', 200],
  ['rebound.example:9090', 421],
  ['127.0.0.1.rebound.example', 421],
])(
  'The admin listener answers a request for the host %s with %i, so that no page in a browser reads it',
  async (host, status) => {
    const server = servers.start({ DATA_DIR: servers.dataDir });
    for (const path of ['/metrics', '/healthz', '/readyz']) {
      const answer = await ask(await server.adminUrl, requestText(`GET ${path}`, { Host: host }));
      expect(answer.status).toBe(status);
    }
  },
);
