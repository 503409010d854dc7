// A step of build.sh: makes JavaScript of the sources, as the package's command and client, and each module on its own.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { build, defineConfig } from 'rolldown';

const ROOMS = ['openapi', 'generated', 'signature', 'server', 'client', 'mock', 'verify', 'bench'];
const CHUNKS = 'chunks/';

/** The package. It brings all that it needs but Prism, which only a changed contract asks for. */
const bundle = defineConfig({
  input: { 'swr-tag-delete': 'swr-tag-delete.ts', 'client/index': 'client/index.ts' },
  platform: 'node',
  external: [/^@stoplight\//],
  plugins: [{ name: 'remove the chunks of earlier builds', writeBundle: removeOtherChunks }],
  output: {
    dir: 'dist',
    entryFileNames: '[name].js',
    chunkFileNames: `${CHUNKS}[name]-[hash].js`,
    sourcemap: true,
    comments: { legal: true },
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

/** A chunk has the hash of its content in its name, so that a build of the same sources disturbs no program that starts. */
function removeOtherChunks(/** @type {unknown} */ _options, /** @type {Record<string, unknown>} */ written) {
  if (!existsSync(`dist/${CHUNKS}`)) return;
  for (const file of readdirSync(`dist/${CHUNKS}`)) {
    if (!(CHUNKS + file in written)) rmSync(`dist/${CHUNKS}${file}`, { force: true });
  }
}

await Promise.all([build(bundle), build(modules)]);
