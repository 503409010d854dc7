import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { freePort } from '../../support/ports.ts';
import type { ServerProcess } from '../../support/process.ts';
import { areMissing } from '../../support/programs.ts';
import { useServerProcesses } from '../../support/server-processes.ts';

const servers = useServerProcesses();

test.skipIf(areMissing('curl'))(
  'Without settings the server makes sample images and prints a curl command that works, at the next start too; the log does not have its token',
  async () => {
    const server = servers.start({}, servers.directory);
    const { token, answer } = await tryOut(server);
    expect(token.length).toBeGreaterThan(20);
    expect(answer).toMatch(/^HTTP\/1\.1 204 /);
    await expect.poll(() => server.stdout()).toContain('"outcome":"done"');
    expect(server.stderr().split(token)).toHaveLength(2);
    expect(server.stdout()).not.toContain(token);
    expect(await readFile(`${servers.directory}/data/group/busybox/index.json`, 'utf8')).not.toContain('"v2"');
    server.child.kill('SIGTERM');
    await server.ended;

    const second = servers.start({}, servers.directory);
    expect((await tryOut(second)).answer, 'of the next start').toMatch(/^HTTP\/1\.1 204 /);
    for (const curl of ['busybox/tags/latest', 'team$app/tags/v1']) await deleteAs(second, curl);
    second.child.kill('SIGTERM');
    await second.ended;

    const third = servers.start({}, servers.directory);
    expect((await tryOut(third)).answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(third.stderr()).toContain('The names are an example');
  },
);

test('A server whose registry does not answer says so when it starts, and starts all the same; its curl command has the names of an example, and says so', async () => {
  const server = servers.start({ STORE: 'registry', REGISTRY_URL: `http://127.0.0.1:${await freePort()}` });
  await server.url;
  await expect.poll(() => server.stdout()).toContain('"msg":"store not ready"');
  expect(server.stdout()).toContain('ECONNREFUSED');
  expect(server.stderr()).toContain('The names are an example');
});

/** Runs the curl command that a server prints. */
async function tryOut(server: ServerProcess) {
  await server.url;
  await expect.poll(() => server.stderr()).toContain('curl');
  const [, curl = '', token = ''] = /^ {2}curl (.*X-Auth-Token: (.*?)'.*)$/m.exec(server.stderr()) ?? [];
  const { stdout } = spawnSync('sh', ['-c', `curl -s ${curl}`], { encoding: 'utf8' });
  return { token, answer: stdout };
}

/** Deletes another tag with the token that a server prints. @param tag `repository/tags/tag` */
async function deleteAs(server: ServerProcess, tag: string): Promise<void> {
  const [, token = ''] = /X-Auth-Token: (.*?)'/.exec(server.stderr()) ?? [];
  const url = `${await server.url}/v2/manage/namespaces/group/repos/${tag}`;
  expect((await fetch(url, { method: 'DELETE', headers: { 'X-Auth-Token': token } })).status).toBe(204);
}
