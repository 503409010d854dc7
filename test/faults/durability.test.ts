// A 204 promises that the delete is on the disk. strace takes the disk's part: it records each system call and makes
// those fail that a broken disk would.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { numbered } from '../server/stores/layout/synthetic.ts';
import { expectExample } from '../support/contract.ts';
import { atLength } from '../support/length.ts';
import { areMissing } from '../support/programs.ts';
import type { WireAnswer } from '../support/wire.ts';
import { Caller, deleteAll, deleteText, statusOf } from './support/caller.ts';
import { tagsOf, writeRepository } from './support/images.ts';
import { siteOfEachTest } from './support/server.ts';

const site = siteOfEachTest();

/** Runs a command and records its system calls in a file; with `-D` the command keeps the process id. */
const traced = (file: string, ...options: string[]) => ['strace', '-D', '-f', '-y', '-s', '32', '-o', file, ...options];

describe.skipIf(areMissing('strace'))('A delete', () => {
  test('is answered 204 only after file, rename and directory are synced, in this order', {
    timeout: 120_000,
  }, async () => {
    const { images } = await writeRepository(site().dataDir, 'app', ['v1', 'v2']);
    const file = join(site().directory, 'calls');
    const server = await site().start({ under: traced(file, '-e', 'trace=fsync,fdatasync,rename,write,writev') });
    const caller = new Caller(server.url);
    const [image] = images as [(typeof images)[number]];
    expect(statusOf(await caller.ask(deleteText(image, server.token)))).toBe(204);
    caller.close();
    server.process.child.kill('SIGTERM');
    await server.process.ended;
    const calls = (await readFile(file, 'utf8')).split('\n').flatMap((call) => {
      if (/f(data)?sync(\(| resumed).*= 0$/.test(call) || /fsync\(.*unfinished/.test(call))
        return /fsync\(\d+<(.*?)>/.exec(call)?.[1]?.replace(/^.*\/group\/app/, 'fsync app') ?? [];
      if (/ rename\(/.test(call)) return 'rename';
      return call.includes('HTTP/1.1 204') ? 'answer' : [];
    });
    expect(calls.slice(0, 4)).toEqual(['fsync app/.index.json.swr-tag-delete', 'rename', 'fsync app', 'answer']);
  });

  test.each([
    ['file', 1, true],
    ['directory', 2, false],
  ])('is answered 500 if the %s cannot be synced', { timeout: 120_000 }, async (_, nth, isPresent) => {
    const { layout, images } = await writeRepository(site().dataDir, 'app', ['v1', 'v2']);
    const options = ['-e', 'trace=fsync', '-e', `inject=fsync:error=EIO:when=${nth}`];
    // strace counts the calls of each thread for itself.
    const server = await site().start({ under: traced('/dev/null', ...options), env: { UV_THREADPOOL_SIZE: '1' } });
    const [failed] = await deleteAll(server, images.slice(0, 1), { connections: 1 });
    expectExample(failed?.ending as WireAnswer, 'storage-failure');
    expect((await tagsOf(layout)).has('v1')).toBe(isPresent);
    await expect
      .poll(() => server.logged('request')[0])
      .toMatchObject({ err: { message: expect.stringContaining('EIO') } });
    const [second] = await deleteAll(server, images.slice(1), { connections: 1 });
    expect(statusOf(second?.ending ?? 'cut')).toBe(204);
  });
});

describe.skipIf(areMissing('prlimit'))('With a limit of 512 open files', () => {
  const REPOSITORIES = atLength(500, 2_000);

  test(`no delete of ${REPOSITORIES} in as many repositories, 64 at once, fails for want of a file`, {
    timeout: 240_000,
  }, async () => {
    const repositories = [];
    for (const name of numbered('app', REPOSITORIES))
      repositories.push(await writeRepository(site().dataDir, name, ['v1', 'v2']));
    const server = await site().start({ under: ['prlimit', '--nofile=512:512'] });
    const images = repositories.flatMap(({ images: [first] }) => first ?? []);
    const deletions = await deleteAll(server, images, { connections: 64 });
    expect(deletions.filter(({ ending }) => statusOf(ending) !== 204)).toEqual([]);
    expect(server.openFiles()).toBeLessThan(512);
  });
});
