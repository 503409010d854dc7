import { rename, rm, writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { tokenSha256 } from '../../../server/http/auth/token.ts';
import { run } from '../../support/programs.ts';
import { json, startScriptedIam, validToken } from '../../support/scripted-iam.ts';
import { goodCredentials, SECRET, TAG_PATH, useServerProcesses } from '../../support/server-processes.ts';
import { ask, requestText } from '../../support/wire.ts';

const servers = useServerProcesses();
const NEW_SECRET = 'the-new-token-0815';
const newCredentials = goodCredentials.replace(tokenSha256(SECRET), tokenSha256(NEW_SECRET));
const REFUSED = 'CREDENTIALS_FILE refused';

/** An entry for all callers with a token of a project. */
const entryFor = (project: string) =>
  `  - name: operators\n    iam: {domain: Default, project: ${project}}\n    namespaces: [group]\n`;

/** A server with a credentials file; `askAs` returns the status that a token gets for a tag that does not exist. */
async function startWithFile() {
  const file = await servers.credentialsFile(goodCredentials);
  const server = servers.start({ DATA_DIR: servers.dataDir, CREDENTIALS_FILE: file });
  const url = await server.url;
  const askAs = async (token: string) =>
    (await ask(url, requestText(`DELETE ${TAG_PATH}-absent`, { 'X-Auth-Token': token }))).status;
  expect(await askAs(SECRET)).toBe(404);
  expect(await askAs(NEW_SECRET)).toBe(401);
  return { file, server, askAs };
}

test.each<[how: string, change: (file: string) => Promise<void>]>([
  ['in place', (file) => writeFile(file, newCredentials)],
  [
    'by another file in its place',
    async (file) => {
      await writeFile(`${file}.new`, newCredentials);
      await rename(`${file}.new`, file);
    },
  ],
])('A token that is revoked %s is refused, and the new one is accepted, without a restart', async (_, change) => {
  const { file, server, askAs } = await startWithFile();
  await change(file);
  await expect.poll(() => askAs(NEW_SECRET)).toBe(404);
  expect(await askAs(SECRET)).toBe(401);
  expect(server.stdout()).toContain('CREDENTIALS_FILE read again');
});

test('SIGHUP reads the file at once, and does not end the server', async () => {
  const { file, server, askAs } = await startWithFile();
  await writeFile(file, newCredentials);
  server.child.kill('SIGHUP');
  await expect.poll(() => askAs(NEW_SECRET)).toBe(404);
  server.child.kill('SIGHUP');
  await expect.poll(() => server.stdout().split('CREDENTIALS_FILE read again').length).toBeGreaterThan(2);
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
});

test('An entry for callers of the identity service that is changed counts without a restart, also for a token that was checked before', async () => {
  const iam = await startScriptedIam(json(200, validToken()));
  onTestFinished(() => iam.close());
  const file = await servers.credentialsFile(`principals:\n${entryFor('group')}`);
  const server = servers.start({
    ...{ DATA_DIR: servers.dataDir, CREDENTIALS_FILE: file },
    ...{ OS_AUTH_URL: iam.url, IAM_CACHE_SECONDS: '300' },
  });
  const url = await server.url;
  const askAlice = async () =>
    (await ask(url, requestText(`DELETE ${TAG_PATH}-absent`, { 'X-Auth-Token': 'alice-token' }))).status;
  expect(await askAlice()).toBe(404);
  await writeFile(file, `principals:\n${entryFor('elsewhere')}`);
  await expect.poll(askAlice).toBe(403);
  await writeFile(file, newCredentials + entryFor('group'));
  server.child.kill('SIGHUP');
  await expect.poll(askAlice).toBe(404);
  await writeFile(file, newCredentials);
  server.child.kill('SIGHUP');
  await expect.poll(askAlice).toBe(403);
  expect(
    iam.asked.filter((token) => token !== ''),
    'the file says where, not whether',
  ).toEqual(['alice-token']);
});

test('Without CREDENTIALS_FILE a SIGHUP changes nothing', async () => {
  const server = servers.start({ DATA_DIR: servers.dataDir });
  await server.url;
  server.child.kill('SIGHUP');
  await expect.poll(() => server.stdout()).toContain('no CREDENTIALS_FILE');
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
});

test.each<[what: string, change: (file: string) => Promise<void>, problem: string]>([
  ['is broken', (file) => writeFile(file, 'principals:\n  - name: "TOPSECRET\n'), 'not valid YAML'],
  ['has a mistake', (file) => writeFile(file, 'principals:\n  - name: TOPSECRET\n'), 'namespaces'],
  ['is empty', (file) => writeFile(file, ''), 'is empty: it must be a mapping with the key principals'],
  [
    'is too large',
    (file) => writeFile(file, `${newCredentials}# ${'x'.repeat(1024 * 1024)}\n`),
    'is larger than 1048576 bytes',
  ],
  ['is gone', (file) => rm(file), 'cannot be read: ENOENT'],
  [
    'is a pipe',
    async (file) => {
      await rm(file);
      await run('mkfifo', file);
    },
    'is not a regular file',
  ],
  [
    'names callers of an identity service although there is none',
    (file) => writeFile(file, newCredentials + entryFor('group')),
    'iam has an effect only with OS_AUTH_URL',
  ],
])(
  'A new file that %s is refused in the log without a quote, and the callers of the last good one stay',
  async (_, change, problem) => {
    const { file, server, askAs } = await startWithFile();
    await change(file);
    await expect.poll(() => server.stdout()).toContain(REFUSED);
    expect(server.stdout()).toContain(problem);
    expect(await askAs(SECRET)).toBe(404);
    await rm(file, { force: true });
    await writeFile(file, newCredentials);
    await expect.poll(() => askAs(NEW_SECRET)).toBe(404);
    expect(server.stdout().split(REFUSED), 'one line for one file').toHaveLength(2);
    expect(server.stdout()).not.toContain('TOPSECRET');
  },
);

test('A pipe in place of the file holds up neither other repositories nor the end of the server', async () => {
  const { file, server, askAs } = await startWithFile();
  await rm(file);
  await run('mkfifo', file);
  for (let count = 0; count < 5; count += 1) server.child.kill('SIGHUP');
  await expect.poll(() => server.stdout()).toContain(REFUSED);
  expect(await askAs(SECRET)).toBe(404);
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
});
