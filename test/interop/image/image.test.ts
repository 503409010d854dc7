// The image that the Dockerfile makes, built and run for real. It takes minutes and the rights of root.
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import packageFile from '../../../package.json' with { type: 'json' };
import { makeSamples } from '../../../server/stores/layout/samples.ts';
import { runCommand } from '../../support/command.ts';
import { freePort } from '../../support/ports.ts';
import { areMissing, run, temporaryDirectory } from '../../support/programs.ts';
import { startRegistry } from '../../support/registry.ts';
import { RegistryClient } from '../../support/registry-client.ts';
import { goodCredentials, SECRET } from '../../support/server-processes.ts';
import { about, type Program, versionOf } from '../support/program.ts';
import { baseFiles } from './base.ts';
import { Buildah } from './buildah.ts';
import { type Container, checkHealth, type RunningContainer, startContainer } from './container.ts';

const ROOT = new URL('../../..', import.meta.url).pathname;
const BUILD_MS = 900_000;
/** The most that the image adds to its base. */
const MAX_BYTES = 15 * 1024 * 1024;

const isImpossible = areMissing('buildah', 'debootstrap') || (process.getuid?.() !== 0 && process.env['CI'] !== 'true');

const program: Program = { kind: 'deployment', name: 'buildah, for the image', version: versionOf('buildah') };

describe.skipIf(isImpossible)('The image', about(program), () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let buildah: Buildah;
  let container: Container;
  let running: RunningContainer | undefined;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    buildah = new Buildah(directory.path);
    const [, node = ''] = /^ARG NODE_IMAGE=\S+node:([\d.]+)-/m.exec(await readFile(`${ROOT}Dockerfile`, 'utf8')) ?? [];
    await buildah.importFiles(await baseFiles(node), 'localhost/base');
    await buildah.build(ROOT, 'localhost/swr-tag-delete', 'localhost/base');
    const config = await buildah.configOf('localhost/swr-tag-delete');
    container = { root: await buildah.mount('localhost/swr-tag-delete'), config, volume: `${directory.path}/volume` };
    await makeVolume(container);
  }, BUILD_MS);
  afterEach(() => running?.end('SIGKILL'));
  afterAll(() => directory?.remove());

  /** Starts it on free ports, and waits until it is ready. */
  async function start(env: Readonly<Record<string, string>> = {}) {
    const [port, adminPort] = [String(await freePort()), String(await freePort())];
    const settings = { PORT: port, ADMIN_PORT: adminPort, CREDENTIALS_FILE: '/data/credentials.yaml', ...env };
    running = startContainer(container, settings);
    const admin = `http://127.0.0.1:${adminPort}`;
    await expect
      .poll(() =>
        fetch(`${admin}/readyz`).then(
          (answer) => answer.text(),
          () => running?.output(),
        ),
      )
      .toBe('ready\n');
    return { url: `http://127.0.0.1:${port}`, settings, started: running };
  }

  const remove = (endpoint: string, reference: string) =>
    runCommand(['--endpoint', endpoint, reference], { env: { SWR_TOKEN: SECRET } });

  test('serves by default as its user on a read-only root, deletes a tag, is healthy, and ends as PID 1 on SIGTERM', async () => {
    expect(container.config).toMatchObject({ User: '10001:10001', Cmd: ['serve'], Volumes: { '/data': {} } });
    const { url, settings, started } = await start();
    expect(await remove(url, 'group/busybox:v1')).toMatchObject({ code: 0, stdout: 'deleted group/busybox:v1\n' });
    expect(await checkHealth(container, settings)).toMatchObject({ code: 0, stdout: '' });
    expect(await started.end('SIGTERM')).toBe(0);
    expect(started.output()).toContain('"stopped"');
    expect((await checkHealth(container, settings)).code).toBe(1);
  });

  test.each([
    ['--version', `${packageFile.version}\n`],
    ['mock', 'Usage: swr-tag-delete mock'],
    ['verify', 'Usage: swr-tag-delete verify'],
    ['gc', 'Usage: swr-tag-delete gc'],
    ['token', 'Usage: swr-tag-delete token'],
  ])('runs %s by its name', async (name, output) => {
    running = startContainer(container, {}, name.startsWith('-') ? [name] : [name, '--help']);
    await expect.poll(() => running?.output()).toContain(output);
  });

  test('runs the mock, which answers without Prism', async () => {
    const port = await freePort();
    running = startContainer(container, {}, ['mock', '--host', '0.0.0.0', '--port', String(port)]);
    await expect
      .poll(() =>
        fetch(`http://127.0.0.1:${port}/__mock/healthz`).then(
          ({ status }) => status,
          () => running?.output(),
        ),
      )
      .toBe(200);
  });

  test('has stack traces that name the sources', async () => {
    const trace = `import { Server } from 'node:net';
      Server.prototype.listen = () => { console.log(new Error('here').stack); process.exit(0) };`;
    const settings = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(trace)}` };
    running = startContainer(container, settings, ['mock', '--port', '0']);
    await expect.poll(() => running?.output()).toMatch(/\/server\/http\/listener\/listen\.ts:\d+/);
  });

  test('has labels that say what it is, and adds at most 15 MB to its base', async () => {
    expect(container.config.Labels).toMatchObject({
      'org.opencontainers.image.title': packageFile.name,
      'org.opencontainers.image.version': packageFile.version,
      'org.opencontainers.image.licenses': packageFile.license,
    });
    const size = Number.parseInt(await run('du', '-sb', `${container.root}/opt/swr-tag-delete`), 10);
    expect(size).toBeLessThan(MAX_BYTES);
  });

  test(
    'deletes one tag of its own image from a real registry, and the other tag of the same digest survives',
    async () => {
      const registry = await startRegistry();
      try {
        const name = 'group/swr-tag-delete';
        for (const tag of ['old', 'new']) {
          await buildah.push('localhost/swr-tag-delete', `${new URL(registry.url).host}/${name}:${tag}`);
        }
        const { url } = await start({ STORE: 'registry', REGISTRY_URL: registry.url });
        expect(await remove(url, `${name}:old`)).toMatchObject({ code: 0 });
        expect(await new RegistryClient(registry.url).tags(name)).toEqual(['new']);
      } finally {
        await registry.stop();
      }
    },
    BUILD_MS,
  );
});

/** Sample images and credentials, owned by the image's user. */
async function makeVolume({ volume, config }: Container): Promise<void> {
  await makeSamples(volume);
  await writeFile(`${volume}/credentials.yaml`, goodCredentials);
  await run('chown', '-R', config.User, volume);
}
