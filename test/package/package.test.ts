// The package as users get it: packed, installed into an empty folder, and each of its commands used once.
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type MockProcess, startProcess } from '../mock/start-mock.ts';
import { samples } from '../openapi/docs/docs.ts';
import { type CommandRun, runProcess } from '../support/command.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { run, temporaryDirectory } from '../support/programs.ts';
import { startServer, type TestServer, TOKEN } from '../support/server.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PATH = '/v2/manage/namespaces/group/repos/busybox/tags/v2';
/** The client, and the types of what it is made of, had it run-time dependencies. */
const MAX_PACKAGES = 3;
const MAX_BYTES = 30_000_000;
/** What a terminal shows at once. */
const [MAX_LINES, MAX_COLUMNS] = [40, 80];

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let app: string;
let bin: string;
let server: TestServer;
const processes: MockProcess[] = [];
beforeAll(async () => {
  directory = await temporaryDirectory();
  app = `${directory.path}/app`;
  bin = `${app}/node_modules/swr-tag-delete/dist/swr-tag-delete.js`;
  server = await startServer({
    store: new MemoryStore('group/busybox:v1', 'group/busybox:v2', 'group/team/app:v1', 'group/team/app:v2'),
  });
  await mkdir(app);
  await run('npm', 'pack', ROOT, '--ignore-scripts', '--pack-destination', app);
  await writeFile(`${app}/package.json`, '{ "type": "module" }');
  // As the docs say. Offline: the package is in no registry, and brings all that it needs.
  const { source = '' } = samples.find(({ label }) => label === 'Typed client') ?? {};
  const [, install = ''] = /^\/\/ (npm install .+)$/m.exec(source) ?? [];
  await run('sh', '-c', `cd '${app}' && ${install} --offline --no-audit --no-fund`);
}, 180_000);
afterEach(async () => {
  for (const { child, ended } of processes.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});
afterAll(async () => {
  await server.close();
  await directory.remove();
});

const swrTagDelete = (args: readonly string[], env: Record<string, string> = {}): Promise<CommandRun> =>
  runProcess(process.execPath, [bin, ...args], { env });

function start(args: readonly string[], listening: RegExp, env: Record<string, string> = {}): MockProcess {
  const started = startProcess([bin, ...args], listening, { cwd: app, env: { PATH: process.env['PATH'], ...env } });
  processes.push(started);
  return started;
}

const deleteAt = (url: string, token: string) =>
  fetch(url + PATH, { method: 'DELETE', headers: { 'X-Auth-Token': token } });

test('It installs in at most 3 packages and 30 MB, with licence, contract, docs and the licences of what is bundled', async () => {
  const { packages } = JSON.parse(await readFile(`${app}/node_modules/.package-lock.json`, 'utf8'));
  expect(Object.keys(packages).length).toBeLessThanOrEqual(MAX_PACKAGES);
  const files = await readdir(`${app}/node_modules`, { recursive: true });
  const sizes = await Promise.all(files.map(async (file) => (await stat(`${app}/node_modules/${file}`)).size));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MAX_BYTES);
  const below = 'swr-tag-delete/';
  for (const file of ['LICENSE', 'openapi/openapi.yaml', 'dist/docs/index.html', 'dist/docs/redoc.html']) {
    expect(files).toContain(below + file);
  }
  const licences = await readFile(`${app}/node_modules/swr-tag-delete/dist/THIRD-PARTY-LICENSES.txt`, 'utf8');
  for (const name of ['express', 'undici', 'zod', 'openapi-fetch', 'commander']) {
    expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'));
  }
});

test('Its pages send nobody to a page that it does not have', async () => {
  const root = `${app}/node_modules/swr-tag-delete`;
  const pages = (await readdir(root, { recursive: true })).filter((file) => file.endsWith('.md'));
  for (const room of ['client', 'mock', 'verify', 'server', 'server/deploy'])
    expect(pages).toContain(`${room}/README.md`);
  for (const page of pages) {
    const text = await readFile(`${root}/${page}`, 'utf8');
    const linked = [...text.matchAll(/\]\(([^)#:]+\.(?:md|yaml|json|service))(?:#[^)]*)?\)/g)].map(
      ([, file = '']) => file,
    );
    const missing = linked.filter((file) => !existsSync(resolve(root, dirname(page), file)));
    expect(missing, page).toEqual([]);
  }
});

describe('The client', () => {
  test('deletes', async () => {
    const script = `
      import { createTagClient } from 'swr-tag-delete';
      const client = createTagClient({ baseUrl: process.env.URL, token: process.env.SWR_TOKEN });
      console.log((await client.deleteTag({ namespace: 'group', repository: 'busybox', tag: 'v1' })).outcome);`;
    await writeFile(`${app}/delete.js`, script);
    const env = { URL: server.url, SWR_TOKEN: TOKEN };
    expect(await runProcess(process.execPath, [`${app}/delete.js`], { env })).toMatchObject({
      code: 0,
      stdout: 'deleted\n',
    });
  });

  test('has types', async () => {
    const source = `import { createTagClient, type Deleted } from 'swr-tag-delete';
      export const deleted: Promise<Deleted> = createTagClient({ baseUrl: 'http://h', token: 't' }).deleteTag({ namespace: 'a', repository: 'b', tag: 'c' });
      // @ts-expect-error a tag is needed
      void createTagClient({ baseUrl: 'http://h', token: 't' }).deleteTag({ namespace: 'a', repository: 'b' });`;
    await writeFile(`${app}/delete.ts`, source);
    const compilerOptions = { strict: true, module: 'nodenext', types: [], noEmit: true };
    await writeFile(`${app}/tsconfig.json`, JSON.stringify({ compilerOptions, files: ['delete.ts'] }));
    const { stdout } = await runProcess(`${ROOT}/node_modules/.bin/tsc`, ['-p', app]);
    expect(stdout).toBe('');
  });

  describe('in the first snippet of its page, in a folder that npm init -y has made', () => {
    let folder: string;
    beforeAll(async () => {
      folder = `${app}/snippet`;
      const page = await readFile(`${app}/node_modules/swr-tag-delete/client/README.md`, 'utf8');
      const [, snippet = ''] = /^```ts\n([\s\S]*?)^```$/m.exec(page) ?? [];
      await mkdir(folder);
      await writeFile(`${folder}/package.json`, '{ "type": "commonjs" }');
      for (const name of ['delete.mjs', 'delete.mts']) {
        await writeFile(`${folder}/${name}`, snippet.replace('http://127.0.0.1:8080', server.url));
      }
    });

    test('deletes, says what failed, and names the credential that is not set', async () => {
      const snippet = (env: Record<string, string>) => runProcess(process.execPath, [`${folder}/delete.mjs`], { env });
      expect(await snippet({ SWR_TOKEN: TOKEN })).toEqual({ code: 0, stdout: 'deleted\n', stderr: '' });
      const again = { code: 1, stdout: '', stderr: expect.stringMatching(/^404 SVCSTG\.SWR\.4040115 /) };
      expect(await snippet({ SWR_TOKEN: TOKEN })).toEqual(again);
      expect(await snippet({})).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('TypeError: token is empty'),
      });
    });

    test('compiles with the settings that the page names', async () => {
      const compilerOptions = { strict: true, module: 'nodenext', types: ['node'], noEmit: true };
      const typeRoots = [`${ROOT}/node_modules/@types`];
      const config = { compilerOptions: { ...compilerOptions, typeRoots }, files: ['delete.mts'] };
      await writeFile(`${folder}/tsconfig.json`, JSON.stringify(config));
      const { code, stdout } = await runProcess(`${ROOT}/node_modules/.bin/tsc`, ['-p', folder]);
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    });
  });

  test('is loaded by require() where Node can load an ES module so', async () => {
    const script = `${app}/load.cjs`;
    await writeFile(script, "console.log(typeof require('swr-tag-delete').createTagClient)");
    const { code, stdout, stderr } = await runProcess(process.execPath, [script]);
    const canRequire = 'require_module' in process.features;
    expect({ code, stdout }).toEqual(canRequire ? { code: 0, stdout: 'function\n' } : { code: 1, stdout: '' });
    if (!canRequire) expect(stderr).toContain('ERR_REQUIRE_ESM');
  });

  test('has stack traces that name its sources', async () => {
    const script = `import { createTagClient } from 'swr-tag-delete';
      try { createTagClient({ baseUrl: 'nonsense', token: 't' }) } catch (error) { console.log(error.stack) }`;
    await writeFile(`${app}/stack.js`, script);
    const { stdout } = await runProcess(process.execPath, ['--enable-source-maps', `${app}/stack.js`]);
    expect(stdout).toMatch(/\/client\/base-url\.ts:\d+/);
  });
});

describe('The command', () => {
  test('deletes a tag if no command is named', async () => {
    const args = ['--prefix', app, 'swr-tag-delete', '--endpoint', server.url, 'group/busybox:v2'];
    expect(await runProcess('npx', args, { env: { SWR_TOKEN: TOKEN, HOME: directory.path } })).toMatchObject({
      code: 0,
      stdout: 'deleted group/busybox:v2\n',
    });
  });

  test('token makes a caller, serve lets it delete, and gc frees what it deleted', async () => {
    const caller = await swrTagDelete(['token', '--name', 'ci', '--namespaces', 'group']);
    const [, token = ''] = /only now: (\S+)\n/.exec(caller.stderr) ?? [];
    await writeFile(`${app}/credentials.yaml`, caller.stdout);
    const env = { CREDENTIALS_FILE: `${app}/credentials.yaml`, PORT: '0', ADMIN_PORT: '0' };
    const serving = start(['serve'], /"url":"([^"]+)".*"listening"/, env);
    const url = await serving.url;
    expect((await deleteAt(url, token)).status).toBe(204);
    expect((await deleteAt(url, token)).status).toBe(404);
    expect((await fetch(`${url}/docs`)).headers.get('content-type')).toContain('text/html');
    serving.child.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
    expect(await swrTagDelete(['gc', '--data-dir', `${app}/data`, '--dry-run'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('would free'),
    });
  });

  test('mock and verify-consumer: a consumer behind the check gets the answers of the mock', async () => {
    const mock = start(['mock', '--port', '0'], /listens on (\S+)/);
    const check = start(['verify-consumer', '--upstream', await mock.url, '--port', '0'], /Listens on (\S+),/);
    expect((await deleteAt(await check.url, 'any')).status).toBe(204);
    expect((await deleteAt(await check.url, 'any')).status).toBe(404);
    check.child.kill('SIGTERM');
    expect(await check.ended).toBe(3);
    expect(check.stdout()).toContain('0 violated');
    mock.child.kill('SIGTERM');
    expect(await mock.ended).toBe(0);
  });

  test('verify finds the fault of a faulty provider', async () => {
    const fixtures = `${directory.path}/fixtures.yaml`;
    const args = ['faulty-provider', '--fault', 'body-on-204', '--fixtures', fixtures];
    const provider = start(args, /verify (\S+) --fixtures \S+\n/);
    const report = ['--report-dir', `${directory.path}/reports`];
    const { code, stdout } = await swrTagDelete(['verify', await provider.url, '--fixtures', fixtures, ...report]);
    expect(stdout).toContain('curl -i');
    expect(code).toBe(1);
    expect(await readdir(`${directory.path}/reports`)).toHaveLength(3);
  });

  test('a stack trace of it names the sources', async () => {
    const trace = `import { Server } from 'node:net';
      Server.prototype.listen = () => { console.log(new Error('here').stack); process.exit(0) };`;
    const args = ['--import', `data:text/javascript,${encodeURIComponent(trace)}`, bin, 'mock', '--port', '0'];
    const { stdout } = await runProcess(process.execPath, args);
    expect(stdout).toMatch(/\/server\/http\/listener\/listen\.ts:\d+/);
  });

  test('says its version, lists its commands when called with nothing, and refuses a command that there is not', async () => {
    const { version } = JSON.parse(await readFile(`${ROOT}/package.json`, 'utf8'));
    expect(await swrTagDelete(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    expect(await swrTagDelete([])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('Commands:') });
    for (const name of ['verfy', 'Verify']) {
      const stderr = expect.stringMatching(new RegExp(`^error: unknown command '${name}'.* verify.*\n$`));
      expect(await swrTagDelete([name])).toMatchObject({ code: 2, stdout: '', stderr });
    }
  });

  test.each([
    ['verify', 'verify'],
    ['verify-consumer', 'verify-consumer'],
    ['token', 'token'],
    ['mock --prot 1', 'mock'],
    ['serve now', 'serve'],
    ['--dry-run', 'delete'],
  ])('refuses the call `%s` with exit code 2, and says which help to read', async (args, command) => {
    const { code, stdout, stderr } = await swrTagDelete(args.split(' '));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(`\nswr-tag-delete ${command} --help lists what is allowed.\n`);
  });

  test('has help that fits a screen, with an example, for itself and for every command', async () => {
    const overview = await swrTagDelete(['--help']);
    expect(await swrTagDelete(['help'])).toEqual(overview);
    const [, list = ''] = overview.stdout.split(/^Commands:$/m);
    const names = [...list.matchAll(/^ {2}([a-z][a-z-]*) {2,}/gm)].map(([, name = '']) => name);
    expect(names).toEqual(
      expect.arrayContaining(['delete', 'serve', 'token', 'gc', 'mock', 'verify', 'verify-consumer']),
    );
    for (const name of [undefined, ...names]) {
      const { code, stdout, stderr } = await swrTagDelete([...(name === undefined ? [] : [name]), '--help']);
      expect({ code, stderr }, name).toEqual({ code: 0, stderr: '' });
      const lines = stdout.trimEnd().split('\n');
      expect(lines.length, name).toBeLessThanOrEqual(MAX_LINES);
      expect(
        lines.filter((line) => line.length > MAX_COLUMNS),
        name,
      ).toEqual([]);
      expect(stdout, name).toMatch(/^Examples?:\n {2}\S/m);
      expect(stdout, name).not.toContain('(default: [])');
    }
  });
});
