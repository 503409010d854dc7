// The code samples of the docs are run as a reader would run them: in an empty folder, with exactly the packages that the
// sample says to install. Those that need more than Node and Debian's packages are run by test/interop/sdks.
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runProcess } from '../../support/command.ts';
import { areMissing } from '../../support/programs.ts';
import { samples } from './docs.ts';
import { useSampleRuns } from './sample-runs.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** What runs a sample in a file. */
const PROGRAMS: Readonly<Record<string, string>> = {
  Shell: 'sh',
  TypeScript: process.execPath,
  JavaScript: process.execPath,
  // Debian's, which has its package requests.
  Python: '/usr/bin/python3',
};
const runnable = samples.filter(({ lang, source }) => lang in PROGRAMS && !source.includes('huaweicloudsdk'));

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const runs = useSampleRuns();

/** The packages in the sample's line `// npm install …`, without their versions. A tarball is this project's. */
function packagesOf(source: string): string[] {
  const [, list = ''] = /^\/\/ npm install (.+)$/m.exec(source) ?? [];
  return list
    .split(' ')
    .flatMap((one) => (one === '' ? [] : [one.replace(/^\.\/(.+)-\*\.tgz$/, '$1').replace(/(?!^)@.*$/, '')]));
}

const readManifest = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));

/** Installs a package and the dependencies that it declares, as npm does, from those of this project. */
async function install(name: string, from = ROOT): Promise<void> {
  const own = (await readManifest(ROOT)).name === name;
  const folder = own ? ROOT : folderOf(name, from);
  const target = join(runs.folder, 'node_modules', name);
  const isNested = folder.slice(ROOT.length).split('node_modules').length > 2;
  const manifest = await readManifest(folder);
  if (!isNested) {
    if (await readManifest(target).catch(() => undefined)) return;
    await mkdir(dirname(target), { recursive: true });
    const files = own ? await packedFiles() : [''];
    for (const file of files) await cp(join(folder, file), join(target, file), { recursive: true });
  }
  for (const dependency of Object.keys(manifest.dependencies ?? {})) await install(dependency, folder);
}

/** The files of this project's package. */
async function packedFiles(): Promise<string[]> {
  const { stdout } = await runProcess('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', ROOT]);
  const [packed] = JSON.parse(stdout) as [{ readonly files: readonly { readonly path: string }[] }];
  return packed.files.map(({ path }) => path);
}

/** Where Node finds a package, looked for from a folder. */
function folderOf(name: string, from: string): string {
  const places = createRequire(join(from, 'package.json')).resolve.paths(name) ?? [];
  const found = places.map((place) => join(place, name)).find((place) => existsSync(place));
  if (found === undefined) throw new Error(`${name} is not installed`);
  return found;
}

describe.skipIf(areMissing('curl'))('A sample deletes the tag that it names, and no other', () => {
  test.each(runnable)('$label', async ({ lang, source }) => {
    const [, again] = await runs.deleteTwice(source, async (text) => {
      for (const name of packagesOf(source)) await install(name);
      const sample = join(runs.folder, 'sample.mjs');
      await writeFile(sample, text);
      return { program: PROGRAMS[lang] ?? '', args: [sample] };
    });
    expect(again.stdout + again.stderr).toContain('SVCSTG.SWR.4040115');
  });

  test('The list has curl, the typed client and the vendor’s SDKs', () => {
    const sdks = ['Node', 'Python', 'Go', 'Java'].map((language) => `Vendor's ${language} SDK`);
    expect(samples.map(({ label }) => label)).toEqual([
      'curl',
      'Typed client',
      sdks[0],
      'Python requests',
      ...sdks.slice(1),
    ]);
  });
});
