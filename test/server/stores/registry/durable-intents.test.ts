// Intents survive a crash of the machine. strace shows what the server syncs.
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startServerProcess } from '../../../support/process.ts';
import { areMissing } from '../../../support/programs.ts';
import { APP, freshDirectory, INTENTS, startFilled } from './scripted.ts';

describe.skipIf(areMissing('strace'))('An intent', () => {
  test('An intent and every directory that the server made for it are synced', { timeout: 120_000 }, async () => {
    const registry = await startFilled();
    // DATA_DIR is `data` in it.
    const directory = await freshDirectory();
    const file = join(directory, 'calls');
    const server = startServerProcess({ STORE: 'registry', REGISTRY_URL: registry.url.href }, directory, [
      'strace',
      '-D',
      '-f',
      '-y',
      '-e',
      'trace=fsync,fdatasync',
      '-o',
      file,
    ]);
    onTestFinished(() => void server.child.kill('SIGKILL'));
    const url = await server.url;
    const token = await vi.waitUntil(() => /X-Auth-Token: (\S+?)'/.exec(server.stdout() + server.stderr())?.[1]);
    const { status } = await fetch(`${url}/v2/manage/namespaces/group/repos/app/tags/v1`, {
      method: 'DELETE',
      headers: { 'X-Auth-Token': token },
    });
    expect(status).toBe(204);
    server.child.kill('SIGTERM');
    await server.ended;
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
    const paths = (await readFile(file, 'utf8')).matchAll(/sync\(\d+<(\/.*?)>/g);
    const synced = new Set(
      Array.from(paths, ([, path = '']) => relative(directory, path).replace(/[^/]+\.json$/, '*')),
    );
    expect([...synced].toSorted()).toEqual(['', 'data', `data/${INTENTS}`, `data/${INTENTS}/*`]);
  });
});
