import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProcess } from '../support/command.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { run, temporaryDirectory } from '../support/programs.ts';
import { startServer, type TestServer, TOKEN } from '../support/server.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let server: TestServer;
beforeAll(async () => {
  directory = await temporaryDirectory();
  server = await startServer({ store: new MemoryStore('group/busybox:v1', 'group/busybox:v2') });
  // As users get it: packed, and installed into an empty folder.
  const [{ filename }] = JSON.parse(
    await run('npm', 'pack', ROOT, '--ignore-scripts', '--json', '--pack-destination', directory.path),
  );
  await mkdir(`${directory.path}/app`);
  await writeFile(`${directory.path}/app/package.json`, '{ "type": "module" }');
  await run(
    'npm',
    'install',
    '--prefix',
    `${directory.path}/app`,
    '--omit=dev',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    `${directory.path}/${filename}`,
  );
}, 180_000);
afterAll(async () => {
  await server.close();
  await directory.remove();
});

test('The packed package contains a client that deletes', async () => {
  const script = `
    import { createTagClient } from 'swr-tag-delete';
    const client = createTagClient({ baseUrl: process.env.URL, token: process.env.SWR_TOKEN });
    console.log((await client.deleteTag({ namespace: 'group', repository: 'busybox', tag: 'v1' })).outcome);`;
  await writeFile(`${directory.path}/app/delete.js`, script);
  const env = { URL: server.url, SWR_TOKEN: TOKEN };
  expect(await runProcess(process.execPath, [`${directory.path}/app/delete.js`], { env })).toMatchObject({
    code: 0,
    stdout: 'deleted\n',
  });
});

test('The packed package contains the command', async () => {
  const args = ['--prefix', `${directory.path}/app`, 'swr-tag-delete', '--endpoint', server.url, 'group/busybox:v2'];
  expect(await runProcess('npx', args, { env: { SWR_TOKEN: TOKEN, HOME: directory.path } })).toMatchObject({
    code: 0,
    stdout: 'deleted group/busybox:v2\n',
  });
});

test('A project that installs the package finds its types', async () => {
  const source = `import { createTagClient, type Deleted } from 'swr-tag-delete';
    export const deleted: Promise<Deleted> = createTagClient({ baseUrl: 'http://h', token: 't' }).deleteTag({ namespace: 'a', repository: 'b', tag: 'c' });
    // @ts-expect-error a tag is needed
    void createTagClient({ baseUrl: 'http://h', token: 't' }).deleteTag({ namespace: 'a', repository: 'b' });`;
  await writeFile(`${directory.path}/app/delete.ts`, source);
  const compilerOptions = { strict: true, module: 'nodenext', types: [], noEmit: true };
  await writeFile(`${directory.path}/app/tsconfig.json`, JSON.stringify({ compilerOptions, files: ['delete.ts'] }));
  const { stdout } = await runProcess(`${ROOT}/node_modules/.bin/tsc`, ['-p', `${directory.path}/app`]);
  expect(stdout).toBe('');
});
