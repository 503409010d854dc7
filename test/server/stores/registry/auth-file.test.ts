import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openAuthFile } from '../../../../server/stores/registry/api/access/auth-file.ts';
import { run, temporaryDirectory } from '../../../support/programs.ts';

const REGISTRY = new URL('https://registry.example:5000/');
const encoded = (login: string) => ({ auth: Buffer.from(login).toString('base64') });

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let path: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  path = join(directory.path, 'auth.json');
});
afterAll(() => directory.remove());

async function open(content: unknown, registry = REGISTRY) {
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return openAuthFile(path, registry);
}

it.each(['registry.example:5000', 'https://registry.example:5000', 'https://registry.example:5000/v2/'])(
  'A login is found under %s, as different programs write it',
  async (key) => {
    const credentialsOf = await open({ auths: { [key]: encoded('ann:se:cret') } });
    expect(await credentialsOf('group/busybox')).toEqual({ username: 'ann', password: 'se:cret' });
  },
);

it.each([
  ['https://index.docker.io/v1/', 'https://registry-1.docker.io/'],
  ['docker.io', 'https://registry-1.docker.io/'],
  ['docker.io/group', 'https://registry-1.docker.io/'],
  ['registry-1.docker.io', 'https://registry-1.docker.io/'],
  ['registry.example:443', 'https://registry.example/'],
  ['https://registry.example:443/v2/', 'https://registry.example/'],
  ['registry.example', 'https://registry.example:443/'],
])('A login under %s is found for %s, which is the same registry', async (key, registry) => {
  const credentialsOf = await open({ auths: { [key]: encoded('ann:x') } }, new URL(registry));
  expect(await credentialsOf('group/busybox')).toEqual({ username: 'ann', password: 'x' });
});

it('A login for one port is not used for another', async () => {
  const credentialsOf = await open(
    { auths: { 'registry.example': encoded('ann:x') } },
    new URL('https://registry.example:4430/'),
  );
  expect(await credentialsOf('group/busybox')).toBeUndefined();
});

it('The entry with the longest prefix counts, down to a single repository', async () => {
  const credentialsOf = await open({
    auths: {
      'registry.example:5000': encoded('host:1'),
      'registry.example:5000/group': encoded('group:2'),
      'registry.example:5000/group/busybox': encoded('repository:3'),
      'registry.example:5000/group/busy': encoded('other:4'),
    },
  });
  const names = ['', 'team/app', 'group/app', 'group/busybox', 'group/busybox/deep', 'groups/app'];
  const users = await Promise.all(names.map(async (name) => (await credentialsOf(name))?.username));
  expect(users).toEqual(['host', 'host', 'group', 'repository', 'repository', 'host']);
});

it('Requests to a registry that the file does not name are anonymous', async () => {
  const credentialsOf = await open({ auths: { 'registry.example': encoded('ann:x'), 'other.example:5000': {} } });
  expect(await credentialsOf('group/busybox')).toBeUndefined();
});

it('A renewed login is used without a restart', async () => {
  const credentialsOf = await open({ auths: { 'registry.example:5000': encoded('ann:old') } });
  expect((await credentialsOf('a/b'))?.password).toBe('old');
  await writeFile(path, JSON.stringify({ auths: { 'registry.example:5000': encoded('ann:renewed') } }));
  expect((await credentialsOf('a/b'))?.password).toBe('renewed');
});

it.each(['', 'group/busybox'])('A login of username and password without auth is used (for %j)', async (repository) => {
  const credentialsOf = await open({ auths: { 'registry.example:5000': { username: 'ann', password: 'se:cret' } } });
  expect(await credentialsOf(repository)).toEqual({ username: 'ann', password: 'se:cret' });
});

it('The member auth counts if there are a username and a password too, as for docker', async () => {
  const entry = { ...encoded('ann:x'), username: 'bob', password: 'y' };
  expect(await (await open({ auths: { 'registry.example:5000': entry } }))('a/b')).toMatchObject({ username: 'ann' });
});

it.each([
  ['http://registry.example:80/', 'registry.example'],
  ['http://registry.example/', 'registry.example:80'],
  ['https://registry.example/', 'Registry.Example'],
])('A login is found for %s under %s', async (registry, key) => {
  const credentialsOf = await open({ auths: { [key]: encoded('ann:x') } }, new URL(registry));
  expect(await credentialsOf('a/b')).toEqual({ username: 'ann', password: 'x' });
});

it('An empty entry does not hide the login under another spelling of the registry', async () => {
  const auths = { 'registry.example:5000': encoded('ann:x'), 'https://registry.example:5000': {} };
  expect(await (await open({ auths }))('a/b')).toEqual({ username: 'ann', password: 'x' });
});

it('Entries of other registries are not judged, and null stands for none', async () => {
  const others = { 'a.example': { auth: 'no-colon' }, 'b.example': { identitytoken: 'x' }, 'c.example': {} };
  const ours = { 'registry.example:5000': encoded('ann:x') };
  expect(await (await open({ auths: { ...others, ...ours }, credsStore: '' }))('a/b')).toBeDefined();
  expect(await (await open({ auths: null, credHelpers: null, credsStore: null }))('a/b')).toBeUndefined();
});

it.each([
  ['{"auths":', 'is not valid JSON'],
  [{ auths: { 'registry.example:5000': 'secret' } }, 'auths: '],
  [{ auths: { 'registry.example:5000': encoded('no-colon') } }, 'must be the base64 of user:password'],
  [{ auths: { 'registry.example:5000': { identitytoken: 'secret' } } }, 'identity token'],
  // As docker login writes it for Azure.
  [{ auths: { 'registry.example:5000': { ...encoded('0000:'), identitytoken: 'secret' } } }, 'identity token'],
  [{ auths: { 'registry.example:5000': { registrytoken: 'secret' } } }, 'identity token'],
  [{ auths: { 'registry.example:5000': {} } }, 'auths.registry.example:5000 holds no login'],
  [{ auths: { 'registry.example:5000': { auth: '' } } }, 'auths.registry.example:5000 holds no login'],
  [{ auths: { 'registry.example:5000': { auth: 5, email: 'secret' } } }, 'holds no login'],
  [{ auths: { 'registry.example:5000': { username: 'ann' } } }, 'holds no login'],
  [{ auths: { 'registry.example:5000': { password: 'secret' } } }, 'holds no login'],
  [{ auths: { 'registry.example:5000': { username: 'a:b', password: 'secret' } } }, 'must not contain a colon'],
  [{ auths: { 'registry.example:5000': { auth: 'YW5uOnNlY3JldA==?' } } }, 'must be the base64 of user:password'],
  // As `echo ann:secret | base64` writes it.
  [{ auths: { 'registry.example:5000': encoded('ann:secret\n') } }, 'must not contain control characters'],
  [{ auths: { 'registry.example:5000': { username: 'ann', password: 'secret\n' } } }, 'control characters'],
  // The entry of a single repository, of which the first delete would come much later.
  [
    { auths: { 'registry.example:5000': encoded('ann:x'), 'registry.example:5000/group/app': { auth: '' } } },
    'auths.registry.example:5000/group/app holds no login',
  ],
  [{ credsStore: 'desktop' }, 'credential store'],
  [{ credHelpers: { 'https://registry.example:5000': 'ecr-login' } }, 'credential helper'],
  [{ credHelpers: { 'registry.example:5000/group': 'ecr-login' } }, 'credential helper'],
  [
    { credsStore: 'desktop', auths: { 'registry.example:5000': {} } },
    'the password for registry.example:5000 is in a credential store',
  ],
  [{ credHelpers: { 'registry.example:5000': 'ecr-login' } }, 'credential helper'],
])('The error for %j names the problem and quotes no secret', async (content, message) => {
  const error = await open(content).catch((reason: Error) => reason);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).toContain(message);
  expect((error as Error).message).not.toContain('secret');
});

it('A pipe is refused at the start, which would otherwise wait for its writer', async () => {
  const pipe = join(directory.path, 'pipe');
  await run('mkfifo', pipe);
  await expect(openAuthFile(pipe, REGISTRY)).rejects.toThrow('is not a regular file');
});

it('The error for a missing file says that it is missing', async () => {
  await rm(path, { force: true });
  await expect(openAuthFile(path, REGISTRY)).rejects.toThrow('cannot be read: ENOENT');
});
