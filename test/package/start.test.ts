// How a checkout starts: with what was built, or with one sentence on what to run.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CommandRun, runProcess } from '../support/command.ts';
import { run, temporaryDirectory } from '../support/programs.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NOT_COPIED = ['.git', 'data', 'dist', 'node_modules'];
/** A user who owns nothing. */
const NOBODY = 65_534;

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
/** A checkout as after `npm ci`, and from the second group of tests on as after a build and `npm prune --omit=dev`. */
let checkout: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  checkout = `${directory.path}/checkout`;
  await chmod(directory.path, 0o755);
  const entries = (await readdir(ROOT)).filter((name) => !NOT_COPIED.includes(name));
  await run('mkdir', checkout, `${directory.path}/images`);
  await run('cp', '-a', ...entries.map((name) => `${ROOT}/${name}`), checkout);
  // Links are enough: npm removes files, and changes none but its own list.
  const list = 'node_modules/.package-lock.json';
  await run('cp', '-al', `${ROOT}/node_modules`, checkout).catch(() =>
    run('cp', '-a', `${ROOT}/node_modules`, checkout),
  );
  await rm(`${checkout}/${list}`);
  await copyFile(`${ROOT}/${list}`, `${checkout}/${list}`);
}, 300_000);
afterAll(() => directory.remove());

function npm(args: readonly string[], env: Record<string, string> = {}): Promise<CommandRun> {
  return runProcess('npm', ['--prefix', checkout, ...args], { env: { HOME: directory.path, ...env } });
}

interface Start {
  readonly env?: Record<string, string>;
  /** The number of the user who starts it. */
  readonly user?: number | undefined;
  /** Is given the server's URL while it runs, and what it has written to stderr so far. */
  readonly onListening?: (url: string, stderr: () => string) => Promise<unknown>;
}

/** Runs `npm start` until the server answers, or ends. @returns what it has printed, and its exit code if it ended */
async function npmStart({ env = {}, user, onListening }: Start = {}): Promise<CommandRun> {
  const child = spawn('npm', ['--prefix', checkout, 'start'], {
    cwd: directory.path,
    env: {
      PATH: process.env['PATH'],
      HOME: directory.path,
      DATA_DIR: `${directory.path}/images`,
      PORT: '0',
      ADMIN_PORT: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(user !== undefined && { uid: user, gid: user }),
  });
  let [stdout, stderr] = ['', ''];
  const closed = once(child, 'close');
  const answers = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const [, url] = /"url":"([^"]+)".*"listening"/.exec(stdout) ?? [];
      if (url !== undefined) resolve(url);
    });
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await Promise.race([answers.then(() => null), closed.then(([ended]) => ended as number)]);
  if (code === null) {
    await Promise.resolve(onListening?.(await answers, () => stderr)).finally(() => end(child, closed));
  }
  return { code, stdout, stderr };
}

/** Does something while a folder of the checkout is not there. */
async function without<T>(folder: string, work: () => Promise<T>): Promise<T> {
  await rename(`${checkout}/${folder}`, `${directory.path}/moved`);
  try {
    return await work();
  } finally {
    await rename(`${directory.path}/moved`, `${checkout}/${folder}`);
  }
}

/** npm and what it started. */
async function end(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  process.kill(-(child.pid ?? 0), 'SIGTERM');
  await closed;
}

describe('After `npm ci`', () => {
  test('the first start builds what it needs without a word of other tools, and the interactive docs follow', async () => {
    const { code, stdout } = await npmStart({
      onListening: async (url) => {
        expect((await fetch(`${url}/docs`)).status).toBe(200);
        await expect.poll(async () => (await fetch(`${url}/redoc.html`)).status).toBe(200);
      },
    });
    expect(code).toBeNull();
    const [first = ''] = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('> '));
    expect(JSON.parse(first)).toMatchObject({ time: expect.any(String), msg: expect.any(String) });
  });

  test('no deprecation warning of a library reaches the operator', async () => {
    const { stderr } = await npmStart({
      onListening: async (url, written) => {
        await expect.poll(written).toContain('X-Auth-Token');
        const [, token = ''] = /X-Auth-Token: ([^']+)/.exec(written()) ?? [];
        const tag = `${url}/v2/manage/namespaces/group/repos/busybox/tags/-illegal`;
        expect((await fetch(tag, { method: 'DELETE', headers: { 'X-Auth-Token': token } })).status).toBe(400);
      },
    });
    expect(stderr).not.toContain('Warning');
  });

  test('every other warning does', async () => {
    const warn = (code: string) => `process.emitWarning('${code} here', 'DeprecationWarning', '${code}')`;
    const preload = `data:text/javascript,process.once('beforeExit', () => { ${warn('DEP0169')}; ${warn('DEP0005')} })`;
    const { stderr } = await runProcess(process.execPath, [
      '--import',
      preload,
      `${checkout}/dist/swr-tag-delete.js`,
      '-V',
    ]);
    expect(stderr).toContain('DEP0005 here');
    expect(stderr).not.toContain('DEP0169');
  });

  test('a file of the build that is missing is built again, from any folder', async () => {
    await rm(`${checkout}/dist/client/index.js`);
    expect(await runProcess('sh', [`${checkout}/build.sh`])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await readdir(`${checkout}/dist/client`)).toContain('index.js');
  });
});

describe('After a build and `npm prune --omit=dev`', () => {
  beforeAll(async () => {
    await rm(`${checkout}/dist`, { recursive: true });
    await run('cp', '-a', `${ROOT}/dist`, checkout);
    await npm(['prune', '--omit=dev', '--offline', '--ignore-scripts', '--no-audit', '--no-fund']);
  });

  test('no package is left, and the server and the mock start', async () => {
    expect((await readdir(checkout)).includes('node_modules') ? await readdir(`${checkout}/node_modules`) : []).toEqual(
      expect.not.arrayContaining(['express', 'rolldown', 'openapi-fetch']),
    );
    const { code, stderr } = await npmStart({ env: { NODE_ENV: 'production' } });
    expect({ code, stderr }).toEqual({ code: null, stderr: expect.not.stringContaining('npm ci') });
    const mock = await npm(['run', 'mock', '--', '--help']);
    expect(mock).toMatchObject({ code: 0, stderr: '' });
  });

  test('it starts without the docs page, too', async () => {
    const { code } = await without('dist/docs', () =>
      npmStart({
        onListening: async (url) => expect(await (await fetch(`${url}/docs`)).text()).toContain('npm run docs'),
      }),
    );
    expect(code).toBeNull();
  });

  test('a checkout that its user may only read starts', async () => {
    const isRoot = process.getuid?.() === 0;
    if (isRoot) await run('chown', '-R', String(NOBODY), `${directory.path}/images`);
    for (const path of [checkout, `${checkout}/dist`]) await chmod(path, 0o555);
    const { code, stderr } = await npmStart({ user: isRoot ? NOBODY : undefined });
    for (const path of [checkout, `${checkout}/dist`]) await chmod(path, 0o755);
    expect({ code, stderr }).toEqual({ code: null, stderr: expect.not.stringContaining('npm ci') });
  });

  test('a build that is older than the sources starts, and says how to bring it up to date', async () => {
    const later = new Date(Date.now() + 60_000);
    await utimes(`${checkout}/server/serve.ts`, later, later);
    const { code, stderr } = await npmStart();
    expect(code).toBeNull();
    expect(stderr).toContain('`npm ci --include=dev && npm run build`');
    expect(await npm(['run', 'build'])).toMatchObject({ code: 1 });
    await utimes(`${checkout}/server/serve.ts`, 0, 0);
    expect(await npm(['run', 'build'])).toMatchObject({ code: 0 });
  });

  test('without a build and without its bundler it says in one sentence what to run', async () => {
    const { code, stderr } = await without('dist', () => npmStart({ env: { NODE_ENV: 'production' } }));
    expect(code).toBe(1);
    expect(ownLines(stderr)).toEqual([
      `Not built yet: run \`npm ci --include=dev && npm run build\` in ${checkout}, as a user who may write there.`,
    ]);
  });

  test('a mock whose contract has changed since the build says what to run', async () => {
    const contract = `${checkout}/openapi/openapi.yaml`;
    const text = await readFile(contract, 'utf8');
    await writeFile(contract, `${text}# changed\n`);
    const mock = await runProcess(process.execPath, [`${checkout}/dist/swr-tag-delete.js`, 'mock', '--port', '0']);
    await writeFile(contract, text);
    expect(mock).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('`npm ci && npm run build`') });
  });
});

/** npm adds lines of its own. */
function ownLines(stderr: string): string[] {
  return stderr.split('\n').filter((line) => line !== '' && !line.startsWith('npm '));
}
