// References as docker push has them: with an image host in front.
import { describe, expect, test } from 'vitest';
import { imageHostsOf, parseReference } from '../../../client/command/references/reference.ts';
import { env, linesOf, references, useServer } from './setting.ts';

const CLOUD = 'https://swr-api.cn-north-4.myhuaweicloud.com';
const setting = useServer();

describe('A reference is read as', () => {
  test.each<[string, string, { namespace: string; repository: string; tag: string }]>([
    ['group/busybox:v1', CLOUD, { namespace: 'group', repository: 'busybox', tag: 'v1' }],
    ['group/team/app:v1', CLOUD, { namespace: 'group', repository: 'team/app', tag: 'v1' }],
    ['my.org/app:v1', CLOUD, { namespace: 'my.org', repository: 'app', tag: 'v1' }],
    ['my.org/team$app:v1', CLOUD, { namespace: 'my.org', repository: 'team$app', tag: 'v1' }],
    [
      'swr.cn-north-4.myhuaweicloud.com/group/team/app:v1',
      CLOUD,
      { namespace: 'group', repository: 'team/app', tag: 'v1' },
    ],
    ['SWR.cn-north-4.myhuaweicloud.com/group/app:v1', CLOUD, { namespace: 'group', repository: 'app', tag: 'v1' }],
    ['swr-api.cn-north-4.myhuaweicloud.com/group/app:v1', CLOUD, { namespace: 'group', repository: 'app', tag: 'v1' }],
    ['localhost:8080/group/app:v1', 'http://localhost:8080', { namespace: 'group', repository: 'app', tag: 'v1' }],
    ['registry.example.com:5000/my.org/team/app:v1', CLOUD, { namespace: 'my.org', repository: 'team/app', tag: 'v1' }],
    ['group/team/app:v1', 'http://group', { namespace: 'group', repository: 'team/app', tag: 'v1' }],
  ])('%s at %s', (text, endpoint, image) => {
    expect(parseReference(text, imageHostsOf(endpoint, ['Registry.example.com:5000']))).toEqual(image);
  });
});

describe('A reference is refused by name', () => {
  test.each<[string, string]>([
    ['swr.eu-de.otc.t-systems.com/group/busybox:v1', 'swr.eu-de.otc.t-systems.com looks like an image host'],
    ['docker.io/library/busybox:v1', 'docker.io looks like an image host'],
    ['localhost/group/busybox:v1', 'localhost looks like an image host'],
    ['localhost:5000/group/busybox:v1', 'localhost:5000 looks like an image host'],
    ['my.org/team/app:v1', "if it is an organization, write 'my.org/team$app:v1'"],
    ['https://swr.cn-north-4.myhuaweicloud.com/group/busybox:v1', 'without a scheme'],
    ['swr.cn-north-4.myhuaweicloud.com/busybox:v1', 'must read namespace/repository:tag'],
    ['swr.cn-north-4.myhuaweicloud.com/group/busybox@sha256:00', 'Invalid'],
  ])('%s', (text, message) => {
    expect(() => parseReference(text, imageHostsOf(CLOUD, []))).toThrow(message);
  });
});

test("A list with the endpoint's host in front deletes the tags, of organizations with a period too", async () => {
  const { host } = new URL(setting.server.url);
  const stdin = references.map((reference) => `${host}/${reference}\n`).join('');
  const { code, stdout } = await setting.run(['-', `${host}/group/team/app:v1`], { env, stdin });
  expect(linesOf(stdout)).toContain('deleted group/team/app:v1');
  expect(code).toBe(0);
  expect(setting.store.tags).toEqual([]);
});

test('A list with a foreign host in front deletes nothing, with --ignore-missing and --dry-run too', async () => {
  const foreign = `swr.cn-north-4.myhuaweicloud.com/${references[0]}`;
  for (const flags of [[], ['--ignore-missing'], ['--dry-run']]) {
    const { code, stdout, stderr } = await setting.run([...flags, '-'], { env, stdin: `${foreign}\n` });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('swr.cn-north-4.myhuaweicloud.com looks like an image host');
  }
  expect(setting.requestCount()).toBe(0);
});

test('--image-host leaves that host out, and the rest is not taken for a host again', async () => {
  const flags = ['--dry-run', '--image-host', 'registry.example.com', '--image-host', 'other:5000'];
  const { code, stdout } = await setting.run([
    ...flags,
    'registry.example.com/my.org/team/app:v1',
    'other:5000/group/busybox:v1',
  ]);
  expect(linesOf(stdout)).toEqual(['would-delete my.org/team/app:v1', 'would-delete group/busybox:v1']);
  expect(code).toBe(0);
});
