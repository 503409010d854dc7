#!/usr/bin/env node
// Builds the docs from the contract, `npm run docs`, and compresses them for servers:
// dist/docs/index.html is the whole contract on one page (`reference`), dist/docs/redoc.html the interactive view (`redoc`).
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { $RefParser } from '@apidevtools/json-schema-ref-parser';
import { pageOf } from './docs/page.js';
import { mendRedoc } from './docs/redoc.js';
import { referenceOf } from './docs/reference.js';

/** Of 11. Redoc's page takes 5 s with the best one, for a tenth less. */
const BROTLI_QUALITY = 9;

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const contract = here('openapi.yaml');
const docs = here('../dist/docs');

/** By name, so that a start can build the fast one before it and leave the slow one for later. */
const pages = {
  reference: async () => {
    await writeWhole('openapi.yaml', await readFile(contract));
    await writePage('index.html', pageOf(referenceOf(await $RefParser.dereference(contract))));
  },
  redoc: async () => {
    await redocly('build-docs', contract, '--inlineBundle', '-o', `${work}/redoc.html`);
    await writePage('redoc.html', mendRedoc(await readFile(`${work}/redoc.html`, 'utf8')));
  },
};

await mkdir(docs, { recursive: true });
/** Files are made here and then renamed: readers and other builds never see half a file. */
const work = await mkdtemp(here('../dist/docs-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
const wanted = process.argv[2];
await Promise.all(Object.entries(pages).map(([name, build]) => (name === (wanted ?? name) ? build() : undefined)));

/** Writes a page with its compressed copies. */
async function writePage(/** @type {string} */ name, /** @type {string} */ html) {
  const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } };
  await writeWhole(`${name}.br`, await promisify(brotliCompress)(html, brotli));
  await writeWhole(`${name}.gz`, await promisify(gzip)(html, { level: 9 }));
  await writeWhole(name, html);
}

async function writeWhole(/** @type {string} */ name, /** @type {string | Buffer} */ content) {
  await writeFile(`${work}/${name}`, content);
  await rename(`${work}/${name}`, `${docs}/${name}`);
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
