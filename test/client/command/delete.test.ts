// The command deletes the tags that it is given, and says what failed.
import { expect, test } from 'vitest';
import { runCommand } from '../../support/command.ts';
import { KEYS } from '../../support/server.ts';
import { env, linesOf, references, useServer } from './setting.ts';

const setting = useServer();

test('The command deletes the named tags and no other, and exits with 0', async () => {
  const { code, stdout, stderr } = await setting.run(['group/busybox:v1', 'group/team/app:v1']);
  expect(linesOf(stdout).toSorted()).toEqual(['deleted group/busybox:v1', 'deleted group/team/app:v1']);
  expect(stderr).toMatch(/^deleted 2 in \d+\.\d s\n$/);
  expect(code).toBe(0);
  expect(setting.store.tags).toEqual(references.slice(1));
});

test('A list on standard input may have comments, blank lines and Windows line ends', async () => {
  const { code } = await setting.run(['-', 'group/busybox:v3'], {
    env,
    stdin: '# old ones\r\n\r\ngroup/busybox:v1\r\n group/busybox:v2 \n',
  });
  expect(code).toBe(0);
  expect(setting.store.tags).toEqual([...references.slice(3), 'group/team/app:v1']);
});

test('An access key pair from the environment signs the deletes', async () => {
  const keys = { SWR_ACCESS_KEY: KEYS.accessKey, SWR_SECRET_KEY: KEYS.secretKey };
  expect(await setting.run(['group/busybox:v1'], { env: keys })).toMatchObject({ code: 0 });
});

test('An empty list deletes nothing and exits with 0', async () => {
  expect(await setting.run(['-'], { env, stdin: '' })).toMatchObject({ code: 0, stdout: '' });
});

test('A failed delete is explained, makes the exit code 1, and does not stop the others', async () => {
  const { code, stdout, stderr } = await setting.run(['group/nope:v1', 'group/busybox:v1']);
  expect(stdout).toMatch(
    /failed group\/nope:v1: The repository does not exist\. \(404, SVCSTG\.SWR\.4040113, request [0-9a-f]{32}\)/,
  );
  expect(stderr).toContain('deleted 1, failed 1 in');
  expect(code).toBe(1);
  expect(setting.store.tags).not.toContain('group/busybox:v1');
});

test('--ignore-missing accepts a missing tag, and no other failure', async () => {
  const missing = await setting.run(['--ignore-missing', 'group/busybox:nope']);
  expect(missing).toMatchObject({ code: 0, stdout: expect.stringMatching(/^missing group\/busybox:nope/) });
  for (const reference of ['group/nope:v1', 'nope/nope:v1']) {
    const { code, stdout } = await setting.run(['--ignore-missing', reference]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining(`failed ${reference}: `) });
  }
  const wrong = await setting.run(['--ignore-missing', 'group/busybox:v1'], { env: { SWR_TOKEN: 'wrong' } });
  expect(wrong.code).toBe(1);
  const elsewhere = await runCommand(
    ['--endpoint', `${setting.server.url}/elsewhere`, '--ignore-missing', 'group/busybox:v1'],
    { env },
  );
  expect(elsewhere).toMatchObject({ code: 1, stdout: expect.stringContaining('APIGW.0101') });
});

test('A blank around the endpoint, or a slash at its end, is left out', async () => {
  const { code } = await runCommand(['--endpoint', ` ${setting.server.url}/ `, 'group/busybox:v1'], { env });
  expect(code).toBe(0);
});

test('--fail-fast tries no reference after the first failure', async () => {
  const { code, stdout, stderr } = await setting.run([
    '--fail-fast',
    '--concurrency',
    '1',
    'group/nope:v1',
    ...references,
  ]);
  expect(linesOf(stdout).slice(1)).toEqual(references.map((reference) => `not-tried ${reference}`));
  expect(stderr).toContain('deleted 0, failed 1, not tried 6 in');
  expect(code).toBe(1);
  expect(setting.requestCount()).toBe(1);
});

test('A provider that cannot be reached is named in the failure', async () => {
  const { code, stdout } = await runCommand(['--endpoint', 'http://127.0.0.1:1', 'group/busybox:v1'], { env });
  expect(stdout).toContain('failed group/busybox:v1: no answer from 127.0.0.1:1');
  expect(code).toBe(1);
});

test.each([['--output', 'json'], ['--json']])('%s %s writes one JSON object per reference', async (...flags) => {
  const { stdout, code } = await setting.run([
    ...flags,
    '--concurrency',
    '1',
    'group/busybox:v1',
    'group/busybox:v1',
    'group/team/app:v1',
  ]);
  expect(linesOf(stdout).map((line) => JSON.parse(line))).toEqual([
    { reference: 'group/busybox:v1', outcome: 'deleted', requestId: expect.any(String), tries: 1 },
    {
      reference: 'group/busybox:v1',
      outcome: 'failed',
      requestId: expect.any(String),
      status: 404,
      code: 'SVCSTG.SWR.4040115',
      message: 'The image tag does not exist.',
    },
    { reference: 'group/team/app:v1', outcome: 'deleted', requestId: expect.any(String), tries: 1 },
  ]);
  expect(code).toBe(1);
});

test('--dry-run lists the tags, needs no credentials and sends nothing', async () => {
  const { code, stdout } = await setting.run(['--dry-run', ...references], {});
  expect(linesOf(stdout)).toEqual(references.map((reference) => `would-delete ${reference}`));
  expect(code).toBe(0);
  expect(setting.requestCount()).toBe(0);
});
