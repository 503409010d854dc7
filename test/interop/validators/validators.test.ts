// The contract in validators of others; Redocly's is part of `npm run lint`.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { contractFile } from '../../../server/http/contract.ts';
import { runProcess } from '../../support/command.ts';
import { cached } from '../support/cache.ts';
import type { Program } from '../support/program.ts';

const PATIENCE_MS = 600_000;

/** Installs a package into the cache. @returns its folder there */
async function install({ name, version }: Program): Promise<string> {
  const options = ['install', '--silent', '--no-save', '--ignore-scripts', '--prefix'];
  return cached(`${name}@${version}`, (path) => promisify(execFile)('npm', [...options, path, `${name}@${version}`]));
}

const spectral: Program = { kind: 'validator', name: '@stoplight/spectral-cli', version: '6.16.3' };
test('Spectral finds no error in the contract', { meta: { program: spectral }, timeout: PATIENCE_MS }, async ({
  task,
}) => {
  const folder = await install(spectral);
  const ruleset = `${folder}/ruleset.yaml`;
  await writeFile(ruleset, 'extends: ["spectral:oas"]\n');
  const options = [
    'lint',
    contractFile,
    '--ruleset',
    ruleset,
    '--format',
    'json',
    '--quiet',
    '--fail-severity',
    'hint',
  ];
  const main = `${folder}/node_modules/@stoplight/spectral-cli/dist/index.js`;
  const { stdout, stderr } = await runProcess(process.execPath, [main, ...options]);
  expect(stderr).toBe('');
  const found: { code: string }[] = JSON.parse(stdout);
  // There is nobody to name: a contract is served by many providers.
  expect(found.map(({ code }) => code)).toEqual(['info-contact']);
  task.meta.seen = 'one warning: the contract names no contact';
});

const swaggerParser: Program = { kind: 'validator', name: '@apidevtools/swagger-parser', version: '13.1.0' };
test('swagger-parser validates the contract', { meta: { program: swaggerParser }, timeout: PATIENCE_MS }, async () => {
  const folder = await install(swaggerParser);
  const main = createRequire(`${folder}/package.json`).resolve(swaggerParser.name);
  const { default: SwaggerParser } = await import(pathToFileURL(main).href);
  expect(await SwaggerParser.validate(contractFile)).toMatchObject({ info: { title: 'SWR tag delete' } });
});
