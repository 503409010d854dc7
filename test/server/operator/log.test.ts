import { readFile, writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { tokenSha256 } from '../../../server/http/auth/token.ts';
import { createLog } from '../../../server/operator/log.ts';
import { withoutStack } from '../../../server/process/without-stack.ts';
import { StoreError } from '../../../server/store.ts';
import { formatDate } from '../../../signature/sign.ts';
import { areMissing } from '../../support/programs.ts';
import { startRegistry } from '../../support/registry.ts';
import { RegistryClient } from '../../support/registry-client.ts';
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

test.skipIf(areMissing('docker-registry'))(
  'A registry that has deletion off is told by kind and message, without a stack',
  async () => {
    const registry = await startRegistry({ deletion: false });
    onTestFinished(() => registry.stop());
    await new RegistryClient(registry.url).push('group/busybox', [['v2', 'one']]);
    const server = servers.start({
      DATA_DIR: servers.dataDir,
      STORE: 'registry',
      REGISTRY_URL: registry.url,
      CREDENTIALS_FILE: await servers.credentialsFile(goodCredentials),
    });
    const { status } = await ask(
      await server.url,
      requestText(`DELETE ${TAG_PATH}`, { 'X-Auth-Token': SECRET, Connection: 'close' }),
    );
    expect(status).toBe(500);
    await expect.poll(() => server.stdout()).toContain('deletion-disabled');
    const line =
      server
        .stdout()
        .split('\n')
        .find((one) => one.includes('"status":500')) ?? '';
    expect(JSON.parse(line).err).toEqual({
      type: 'RegistryFailure',
      name: 'StoreError',
      message: expect.stringContaining('the registry answered 405'),
      kind: 'deletion-disabled',
      isTransient: false,
      retryAfterMs: 0,
    });
  },
);

test('A defect has its stack in the log, also if the store takes it for a failure of the disk; a full disk has none', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => void lines.push(line) });
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  log.error({ err: new TypeError('x is not a function') }, 'request');
  log.error({ err: new StoreError('unavailable', 'app', { cause: new TypeError('x is not a function') }) }, 'request');
  log.error({ err: new StoreError('unavailable', 'app', { cause: full }) }, 'request');
  log.error({ err: withoutStack(() => new Error('late; then it failed', { cause: new StoreError('busy', 'app') })) });
  const [defect, wrapped, disk, late] = lines.map((line) => JSON.parse(line).err);
  expect(defect.stack).toContain('log.test.ts');
  expect(wrapped.stack).toContain('caused by: TypeError: x is not a function\n    at ');
  expect(disk).toEqual({
    type: 'StoreError',
    name: 'StoreError',
    message: 'app: ENOSPC: no space left on device',
    kind: 'unavailable',
  });
  expect(late).toEqual({ type: 'Error', message: 'late; then it failed: app' });
});
