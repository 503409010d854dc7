// Debian's buildah with a storage of its own, which needs no namespaces and no daemon.
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { run } from '../../support/programs.ts';

/** The configuration of an image, in Docker's words. */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Volumes: Readonly<Record<string, object>>;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

/** A storage of images. */
export class Buildah {
  readonly #directory: string;

  /** @param directory takes the storage */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Makes an image of files. */
  async importFiles(files: string, image: string): Promise<void> {
    const container = await this.#do('from', 'scratch');
    await this.#do('copy', '--quiet', container, files, '/');
    await this.#do('commit', '--quiet', container, image);
    await this.#do('rm', container);
  }

  /** Builds the Dockerfile of a directory. npm is configured as on this machine; none of that gets into the image. */
  async build(context: string, image: string, base: string): Promise<void> {
    const npmrc = `${this.#directory}/npmrc`;
    const authority = process.env['NODE_EXTRA_CA_CERTS'];
    const inside = '/run/authority.pem';
    const registry = (await run('npm', 'config', 'get', 'registry')).trim();
    await writeFile(npmrc, `registry=${registry}\n${authority === undefined ? '' : `cafile=${inside}\n`}`);
    await this.#do(
      ...['bud', '--quiet', '--isolation', 'chroot', '--format', 'docker', '--tag', image],
      ...['--build-arg', `NODE_IMAGE=${base}`, '--volume', `${npmrc}:/root/.npmrc:ro`],
      ...['--volume', `${homedir()}/.npm:/root/.npm`],
      ...(authority === undefined ? [] : ['--volume', `${authority}:${inside}:ro`]),
      context,
    );
  }

  async configOf(image: string): Promise<ImageConfig> {
    return JSON.parse(await this.#do('inspect', '--type', 'image', image)).Docker.config;
  }

  /** The root file system of a new container. */
  async mount(image: string): Promise<string> {
    return this.#do('mount', await this.#do('from', image));
  }

  /** Pushes to a registry on loopback. @param to such as `127.0.0.1:5000/group/app:v1` */
  async push(image: string, to: string): Promise<void> {
    await this.#do('push', '--quiet', '--tls-verify=false', image, `docker://${to}`);
  }

  async #do(...args: readonly string[]): Promise<string> {
    const storage = ['--root', `${this.#directory}/root`, '--runroot', `${this.#directory}/run`];
    return (await run('buildah', ...storage, '--storage-driver', 'vfs', ...args)).trim();
  }
}
