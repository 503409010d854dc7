// A provider that answers oddly harms neither the reader's terminal nor the report.
import { expect, test } from 'vitest';
import { linesOf, runAgainst } from './setting.ts';

/** Runs the command against a provider that gives the same answer to every request. */
const runAnswered = (status: number, body: string, args: string[]) =>
  runAgainst((_request, response) => void response.writeHead(status).end(body), args);

test('A provider can neither forge lines nor send control sequences to the terminal', async () => {
  const body = JSON.stringify({ error_msg: 'bad\u001b]0;pwned\u0007\ndeleted group/other:v9', error_code: 'E\n' });
  const { stdout } = await runAnswered(500, body, ['group/busybox:v1']);
  expect(linesOf(stdout)).toHaveLength(1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not be there
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
});

test('Many throttled deletes draw no warning from the runtime', async () => {
  const many = Array.from({ length: 40 }, (_, number) => `group/busybox:t${number}`);
  const { stderr } = await runAnswered(429, '{}', ['--concurrency', '32', '--fail-fast', ...many]);
  expect(stderr).not.toContain('Warning');
});
