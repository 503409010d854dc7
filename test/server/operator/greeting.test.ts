import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { areMissing } from '../../support/programs.ts';
import { useServerProcesses } from '../../support/server-processes.ts';

const servers = useServerProcesses();

test.skipIf(areMissing('curl'))(
  'Without settings the server makes sample images and prints a curl command that works; the log does not have its token',
  async () => {
    const server = servers.start({}, servers.directory);
    await server.url;
    await expect.poll(() => server.stderr()).toContain('curl');
    const [, curl = '', token = ''] = /^ {2}curl (.*X-Auth-Token: (.*?)'.*)$/m.exec(server.stderr()) ?? [];
    expect(token.length).toBeGreaterThan(20);
    const { stdout } = spawnSync('sh', ['-c', `curl -s ${curl}`], { encoding: 'utf8' });
    expect(stdout).toMatch(/^HTTP\/1\.1 204 /);
    await expect.poll(() => server.stdout()).toContain('"outcome":"done"');
    expect(server.stderr().split(token)).toHaveLength(2);
    expect(server.stdout()).not.toContain(token);
    expect(await readFile(`${servers.directory}/data/group/busybox/index.json`, 'utf8')).not.toContain('"v2"');
  },
);
