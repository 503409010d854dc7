// How a checkout starts: with what was built, or with one sentence on what to run.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CommandRun, runProcess } from '../support/command.ts';
import { run, temporaryDirectory } from '../support/programs.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NOT_COPIED = ['.git', 'data', 'node_modules'];
/** A user who owns nothing. */
const NOBODY = 65_534;

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
/** A built checkout without the development dependencies. */
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
  await npm(['prune', '--omit=dev', '--offline', '--ignore-scripts', '--no-audit', '--no-fund']);
}, 300_000);
afterAll(() => directory.remove());

function npm(args: readonly string[], env: Record<string, string> = {}): Promise<CommandRun> {
  return runProcess('npm', ['--prefix', checkout, ...args], { env: { HOME: directory.path, ...env } });
}

/** Runs `npm start` until the server answers, or ends. @returns what it has printed, and its exit code if it ended */
async function npmStart(env: Record<string, string> = {}, user?: number): Promise<CommandRun> {
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
  const answers = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (/"listening"/.test(stdout)) resolve();
    });
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await Promise.race([answers.then(() => null), closed.then(([ended]) => ended as number)]);
  if (code === null) await end(child, closed);
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

test('A production install starts what was built before it, even without the docs page', async () => {
  const { code, stderr } = await without('dist/docs', () => npmStart({ NODE_ENV: 'production' }));
  expect({ code, stderr }).toEqual({ code: null, stderr: expect.not.stringContaining('npm ci') });
});

test('A checkout that its user may only read starts', async () => {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await run('chown', '-R', String(NOBODY), `${directory.path}/images`);
  for (const path of [checkout, `${checkout}/dist`]) await chmod(path, 0o555);
  const { code, stderr } = await npmStart({}, isRoot ? NOBODY : undefined);
  for (const path of [checkout, `${checkout}/dist`]) await chmod(path, 0o755);
  expect({ code, stderr }).toEqual({ code: null, stderr: expect.not.stringContaining('npm ci') });
});

test('A build that is older than the sources starts, and says how to bring it up to date', async () => {
  const later = new Date(Date.now() + 60_000);
  await utimes(`${checkout}/server/main.ts`, later, later);
  const { code, stderr } = await npmStart();
  expect(code).toBeNull();
  expect(stderr).toContain('`npm ci --include=dev && npm run build`');
  expect(await npm(['run', 'build'])).toMatchObject({ code: 1 });
  await utimes(`${checkout}/server/main.ts`, 0, 0);
  expect(await npm(['run', 'build'])).toMatchObject({ code: 0 });
});

test('Without a build and without its compiler it says in one sentence what to run', async () => {
  const { code, stderr } = await without('dist', () => npmStart({ NODE_ENV: 'production' }));
  expect(code).toBe(1);
  expect(ownLines(stderr)).toEqual([
    `Not built yet: run \`npm ci --include=dev && npm run build\` in ${checkout}, as a user who may write there.`,
  ]);
});

test('Without dependencies it says in one sentence what to run', async () => {
  const { code, stderr } = await without('node_modules', npmStart);
  expect(code).toBe(1);
  expect(ownLines(stderr)).toEqual([
    `Its dependencies are not installed: run \`npm ci --omit=dev\` in ${checkout}, as a user who may write there.`,
  ]);
});

test('The build finds its compiler from any folder, and writes what is missing', async () => {
  await rm(`${checkout}/node_modules/.bin/tsc`, { force: true });
  // Stands in for the compiler: which one is called is the question, and not what it makes.
  await writeFile(`${checkout}/node_modules/.bin/tsc`, '#!/bin/sh\necho "$PWD $*"; touch dist/.tsbuildinfo\n', {
    mode: 0o755,
  });
  await rm(`${checkout}/dist/.tsbuildinfo`);
  // npm prune has written package-lock.json; the mock's answers are no part of this question.
  await utimes(`${checkout}/dist/mock/answers.json`, new Date(), new Date());
  const { code, stdout } = await runProcess('sh', [`${checkout}/build.sh`]);
  await rm(`${checkout}/node_modules/.bin/tsc`);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${checkout} -p tsconfig.build.json\n` });
});

/** npm adds lines of its own. */
function ownLines(stderr: string): string[] {
  return stderr.split('\n').filter((line) => line !== '' && !line.startsWith('npm '));
}
