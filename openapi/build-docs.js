#!/usr/bin/env node
// Renders the contract with Redocly into one self-contained page, dist/docs/index.html: `npm run docs`.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const page = here('../dist/docs/index.html');
const redocly = createRequire(import.meta.url).resolve('@redocly/cli/bin/cli.js');

const options = ['--inlineBundle', '--config', here('redocly.yaml'), '-o', page];
execFileSync(process.execPath, [redocly, 'build-docs', here('openapi.yaml'), ...options], {
  stdio: ['ignore', 'ignore', 'inherit'],
});

// Redoc loads its logo from a CDN and has no option to turn that off. It leaves out an image that does not load.
const html = readFileSync(page, 'utf8').replaceAll(
  /https:\/\/cdn\.redoc\.ly\/redoc\/logo-mini(?:-full)?\.svg/g,
  'data:,',
);
writeFileSync(page, html);
