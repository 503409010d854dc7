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

// The bundle shows Redoc's logo from a CDN, with no option against it; an image that does not load is left out by it.
const html = readFileSync(page, 'utf8').replaceAll(
  /https:\/\/cdn\.redoc\.ly\/redoc\/logo-mini(?:-full)?\.svg/g,
  'data:,',
);
writeFileSync(page, html);
