// The built mock answers from a recording of Prism. It must say what Prism itself says.
import { execFile } from 'node:child_process';
import { copyFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createPrismEngine } from '../../mock/engine/prism-engine.ts';
import { contractFile } from '../../server/http/contract.ts';
import { builtModule } from '../support/built.ts';
import { examples } from '../support/contract.ts';
import { temporaryDirectory } from '../support/programs.ts';

const { openEngine: openBuiltEngine }: typeof import('../../mock/engine/open-engine.ts') = await import(
  builtModule('mock/engine/open-engine.ts')
);

const OPERATION = 'deleteRepoTag';
const built = await openBuiltEngine(contractFile);
const prism = await createPrismEngine(contractFile);

test('The recording declares the same statuses and examples as Prism', () => {
  expect(built.declared(OPERATION)).toEqual(prism.declared(OPERATION));
});

test.each([...examples.map(({ name, status }) => ({ name, status })), { name: undefined, status: 204 }])(
  'The recorded answer $status $name is the one that Prism gives',
  async ({ name, status }) => {
    expect(await built.answer(OPERATION, status, name)).toEqual(await prism.answer(OPERATION, status, name));
  },
);

test('An answer that the contract does not declare is an error, never a silent 204 as from Prism', async () => {
  await expect(built.answer(OPERATION, 404, 'no-such-example')).rejects.toThrow('declares no answer');
  for (const engine of [built, prism]) {
    expect(() => engine.declared('noSuchOperation')).toThrow('noSuchOperation');
  }
});

test('A contract that has changed since the build is answered by Prism itself', async () => {
  const directory = await temporaryDirectory();
  const changed = `${directory.path}/openapi.yaml`;
  await copyFile(contractFile, changed);
  const text = await readFile(changed, 'utf8');
  await writeFile(changed, text.replaceAll('The image tag does not exist.', 'The tag is gone.'));
  const engine = await openBuiltEngine(changed);
  expect(await engine.answer(OPERATION, 404, 'tag-not-found')).toMatchObject({
    body: { error_msg: 'The tag is gone.' },
  });
  await directory.remove();
});

test('A build replaces the recording as a whole: a mock that starts meanwhile reads the old one', async () => {
  const dist = new URL('../../dist/mock/', import.meta.url);
  const recording = new URL('answers.json', dist);
  const before = await stat(recording);
  await promisify(execFile)(process.execPath, [fileURLToPath(builtModule('mock/engine/record-answers.ts'))]);
  expect((await stat(recording)).ino).not.toBe(before.ino);
  expect((await readdir(dist)).filter((name) => name.startsWith('answers.json'))).toEqual(['answers.json']);
});
