#!/usr/bin/env node
// Builds the docs from the contract, `npm run docs`, and compresses them for servers:
// dist/docs/index.html is the whole contract on one page, dist/docs/redoc.html the interactive view of Redoc.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { pageOf } from './docs/page.js';
import { mendRedoc } from './docs/redoc.js';
import { referenceOf } from './docs/reference.js';

/** Of 11. Redoc's page takes 5 s with the best one, for a tenth less. */
const BROTLI_QUALITY = 9;

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const contract = here('openapi.yaml');
const docs = here('../dist/docs');
const bundle = `${docs}/openapi.json`;
const redoc = `${docs}/redoc.html`;

await mkdir(docs, { recursive: true });
await Promise.all([
  redocly('bundle', contract, '--dereferenced', '-o', bundle),
  redocly('build-docs', contract, '--inlineBundle', '-o', redoc),
]);
await copyFile(contract, `${docs}/openapi.yaml`);
await writePage('redoc.html', mendRedoc(await readFile(redoc, 'utf8')));
// Last: build.sh goes by the age of this page.
await writePage('index.html', pageOf(referenceOf(JSON.parse(await readFile(bundle, 'utf8')))));

/** Writes a page with its compressed copies, each whole or not at all. */
async function writePage(/** @type {string} */ name, /** @type {string} */ html) {
  const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } };
  const copies = {
    [`${name}.br`]: await promisify(brotliCompress)(html, brotli),
    [`${name}.gz`]: await promisify(gzip)(html, { level: 9 }),
    [name]: html,
  };
  for (const [file, content] of Object.entries(copies)) {
    await writeFile(`${docs}/${file}.unfinished`, content);
    await rename(`${docs}/${file}.unfinished`, `${docs}/${file}`);
  }
}

/** Runs Redocly. It prints notices even if all is well: its output is shown only if it fails. */
async function redocly(/** @type {string[]} */ ...args) {
  const cli = createRequire(import.meta.url).resolve('@redocly/cli/bin/cli.js');
  try {
    await promisify(execFile)(process.execPath, [cli, ...args, '--config', here('redocly.yaml')]);
  } catch (error) {
    const { stdout, stderr, message } = /** @type {{stdout?: string, stderr?: string, message: string}} */ (error);
    process.stderr.write(`${stdout ?? ''}${stderr || message}\n`);
    process.exit(1);
  }
}
