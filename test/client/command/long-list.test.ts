import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { atLength } from '../../support/length.ts';
import { temporaryDirectory } from '../../support/programs.ts';
import { env, runAgainst } from './setting.ts';

const REFERENCES = atLength(20_000, 100_000);

test(`${REFERENCES} references fit through a heap that could not hold 100,000, and leave no file behind`, {
  timeout: 240_000,
}, async () => {
  const directory = await temporaryDirectory();
  let count = 0;
  const { code, stderr } = await runAgainst(
    (_request, response) => {
      count += 1;
      response.writeHead(204, { 'X-Request-Id': 'x' }).end();
    },
    ['--concurrency', '32', '-'],
    {
      env: { ...env, NODE_OPTIONS: '--max-old-space-size=48', TMPDIR: directory.path },
      stdin: Array.from({ length: REFERENCES }, (_, number) => `group/busybox:tag-${number}\n`).join(''),
    },
  );
  expect(stderr).toContain(`deleted ${REFERENCES} in`);
  expect(code).toBe(0);
  expect(count).toBe(REFERENCES);
  expect(await readdir(directory.path)).toEqual([]);
  await directory.remove();
});
