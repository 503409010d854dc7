// A step of build.sh: makes JavaScript of the sources, as the package's command and client, or each module on its own.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, defineConfig } from 'rolldown';

const ROOMS = ['openapi', 'generated', 'signature', 'server', 'client', 'mock', 'verify', 'bench'];
const CHUNKS = 'chunks/';

/** The package. It brings all that it needs but Prism, which only a changed contract asks for. */
const bundle = defineConfig({
  input: { 'swr-tag-delete': 'swr-tag-delete.ts', 'client/index': 'client/index.ts' },
  platform: 'node',
  external: [/^@stoplight\//],
  plugins: [
    { name: 'licences of what is bundled', generateBundle: addLicences },
    { name: 'no chunks of earlier builds', writeBundle: removeOtherChunks },
  ],
  output: {
    dir: 'dist',
    entryFileNames: '[name].js',
    chunkFileNames: `${CHUNKS}[name]-[hash].js`,
    sourcemap: true,
    sourcemapExcludeSources: true,
    // They are in the file of licences.
    comments: { legal: false },
  },
});

/** For the benchmark, for steps of the build, and for tests that load one module in a process of its own. */
const modules = defineConfig({
  input: ROOMS.flatMap((room) =>
    readdirSync(room, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${room}/${file}`),
  ),
  platform: 'node',
  external: (id) => !/^[./]/.test(id),
  treeshake: false,
  output: { dir: 'dist/modules', preserveModules: true, preserveModulesRoot: '.', sourcemap: true },
});

/** A part of rolldown's bundle. @typedef {{readonly type: string, readonly moduleIds?: readonly string[]}} Output */

/**
 * Writes the licences of all packages with a module in the bundle. Not with a plugin: rollup-plugin-license brings lodash
 * and moment, and rollup-license-plugin downloads texts.
 * @this {{emitFile(file: {type: 'asset', fileName: string, source: string}): void}}
 */
function addLicences(/** @type {unknown} */ _options, /** @type {Record<string, Output>} */ outputs) {
  const modules = Object.values(outputs).flatMap(({ moduleIds }) => moduleIds ?? []);
  const folders = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []));
  const entries = [...folders].map(licenceOf).toSorted();
  const source = `The commands and the client contain these packages.\n\n${[...new Set(entries)].join('\n')}`;
  this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES.txt', source });
}

function licenceOf(/** @type {string} */ folder) {
  const { name, version, license, licenses, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  const text = file === undefined ? `By ${author?.name ?? author}.` : readFileSync(join(folder, file), 'utf8').trim();
  return `${'-'.repeat(80)}\n${name} ${version} (${license ?? licenses?.[0]?.type})\n\n${text}\n`;
}

/** A chunk has the hash of its content in its name, so that a build of the same sources disturbs no program that starts. */
function removeOtherChunks(/** @type {unknown} */ _options, /** @type {Record<string, Output>} */ written) {
  if (!existsSync(`dist/${CHUNKS}`)) return;
  for (const file of readdirSync(`dist/${CHUNKS}`)) {
    if (!(CHUNKS + file in written)) rmSync(`dist/${CHUNKS}${file}`, { force: true });
  }
}

await build(process.argv[2] === 'modules' ? modules : bundle);
