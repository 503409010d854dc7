import { expect, test } from 'vitest';
import { makeSamples } from '../../../server/stores/layout/samples.ts';
import { useServerProcesses } from '../../support/server-processes.ts';

const servers = useServerProcesses();

test('With a port in use the server exits with 1 and names the port', async () => {
  const first = servers.start({ DATA_DIR: servers.dataDir });
  const { port } = new URL(await first.url);
  await makeSamples(`${servers.directory}/other`);
  const second = servers.start({ DATA_DIR: `${servers.directory}/other`, PORT: port });
  expect(await second.ended).toBe(1);
  expect(second.stderr()).toBe(
    `Cannot start: 127.0.0.1:${port} is in use by another program; PORT and ADMIN_PORT choose other ports\n`,
  );
});
