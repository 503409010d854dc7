#!/usr/bin/env node
// Builds the docs from the contract: `npm run docs` writes dist/docs/index.html, and compressed copies for servers.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { pageOf } from './docs/page.js';
import { referenceOf } from './docs/reference.js';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const docs = here('../dist/docs');
const bundle = `${docs}/openapi.json`;
mkdirSync(docs, { recursive: true });

redocly('bundle', here('openapi.yaml'), '--dereferenced', '-o', bundle);
const page = pageOf(referenceOf(JSON.parse(readFileSync(bundle, 'utf8'))));
copyFileSync(here('openapi.yaml'), `${docs}/openapi.yaml`);
writeFileSync(`${docs}/index.html.br`, brotliCompressSync(page));
writeFileSync(`${docs}/index.html.gz`, gzipSync(page, { level: 9 }));
// Last: it is what tells build.sh that the docs are up to date.
writeFileSync(`${docs}/index.html`, page);

/** Runs Redocly. It prints notices even if all is well: its output is shown only if it fails. */
function redocly(/** @type {string[]} */ ...args) {
  const cli = createRequire(import.meta.url).resolve('@redocly/cli/bin/cli.js');
  try {
    execFileSync(process.execPath, [cli, ...args, '--config', here('redocly.yaml')], { stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = /** @type {{stdout: Buffer, stderr: Buffer}} */ (error);
    process.stderr.write(Buffer.concat([stdout, stderr]));
    process.exit(1);
  }
}
