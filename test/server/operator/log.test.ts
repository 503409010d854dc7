import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { tokenSha256 } from '../../../server/http/auth/token.ts';
import { formatDate } from '../../../signature/sign.ts';
import { goodCredentials, SECRET, TAG_PATH, useServerProcesses } from '../../support/server-processes.ts';
import { ask, requestText } from '../../support/wire.ts';

const servers = useServerProcesses();

test('The log has the line that an auditor needs for each request, and never a secret', async () => {
  const server = servers.start({
    DATA_DIR: servers.dataDir,
    CREDENTIALS_FILE: await servers.credentialsFile(goodCredentials),
    LOG_LEVEL: 'debug',
  });
  const url = await server.url;
  const close = { Connection: 'close' };
  const authorization = `SDK-HMAC-SHA256 Access=AKSECRET, SignedHeaders=x-sdk-date, Signature=${'5ec7e7'.padEnd(64, '0')}`;
  await ask(url, requestText(`DELETE ${TAG_PATH}`, { 'X-Auth-Token': SECRET, 'X-Request-Id': 'audit-1', ...close }));
  await ask(url, requestText(`DELETE ${TAG_PATH}`, { 'X-Auth-Token': `${SECRET}-wrong`, ...close }));
  await ask(url, requestText(`DELETE ${TAG_PATH}?token=${SECRET}`, { 'X-Auth-Token': SECRET, ...close }));
  await ask(
    url,
    requestText(`DELETE ${TAG_PATH}`, {
      Authorization: authorization,
      'X-Sdk-Date': formatDate(new Date()),
      Cookie: `session=${SECRET}`,
      ...close,
    }),
  );
  await ask(url, `DELETE ${TAG_PATH} HTTP/1.1\r\nX-Auth-Token: ${SECRET}\r\nbroken header\r\n\r\n`);
  await ask(url, requestText(`DELETE http://user:${SECRET}@host/elsewhere`, close));
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);

  const output = server.stdout() + server.stderr();
  for (const secret of [SECRET, tokenSha256(SECRET), '5ec7e7', 'AKSECRET']) expect(output).not.toContain(secret);
  const lines = server
    .stdout()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.find(({ requestId }) => requestId === 'audit-1')).toMatchObject({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    principal: 'ci',
    namespace: 'group',
    repository: 'busybox',
    tag: 'v2',
    digests: [expect.stringMatching(/^sha256:[0-9a-f]{64}$/)],
    status: 204,
    outcome: 'done',
    durationMs: expect.any(Number),
  });
  expect(lines.filter(({ msg }) => msg === 'request').map(({ outcome }) => outcome)).toEqual([
    'done',
    'unknown-token',
    'unknown-query-parameter',
    'bad-signature',
    'api-not-found',
  ]);
});

test('No control character in a name that another program gave reaches a terminal by the log, and its JSON stays the same', async () => {
  const index = `${servers.dataDir}/group/busybox/index.json`;
  const name = 'docker.io/library/\u009b31m\u202ebusybox\u200b\u{e0041}:v9';
  const { manifests, ...rest } = JSON.parse(await readFile(index, 'utf8'));
  const renamed = { ...manifests[0], annotations: { 'org.opencontainers.image.ref.name': name } };
  await writeFile(index, JSON.stringify({ ...rest, manifests: [...manifests, renamed] }));
  const server = servers.start({
    DATA_DIR: servers.dataDir,
    CREDENTIALS_FILE: await servers.credentialsFile(goodCredentials),
  });
  const path = TAG_PATH.replace(/[^/]*$/, 'v9');
  await ask(await server.url, requestText(`DELETE ${path}`, { 'X-Auth-Token': SECRET, Connection: 'close' }));
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
  expect(server.stdout()).toMatch(/^[\x20-\x7e\n]*$/);
  const lines = server.stdout().trim().split('\n');
  expect(lines.flatMap((line) => JSON.parse(line).names ?? [])).toEqual([name]);
});
