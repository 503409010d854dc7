// A provider that answers oddly harms neither the reader's terminal nor the report.
import { describe, expect, test } from 'vitest';
import { env, linesOf, runAgainst } from './setting.ts';

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

const CONTROLS =
  '\u0000\u0007\u001b\u007f\u0085\u009b\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\u00ad\u200b\u200d\u2060\ufeff\u3164\u{e0041}';
const ANY_CONTROL = new RegExp(
  `[${[...CONTROLS].map((one) => `\\u{${one.codePointAt(0)?.toString(16)}}`).join('')}]`,
  'u',
);

describe('No control character of another party reaches the terminal', () => {
  const text = `a${CONTROLS}b`;
  const body = JSON.stringify({ error_msg: text, error_code: text, request_id: text, errors: [{ detail: text }] });

  test("from a provider's error, in lines for people", async () => {
    const { stdout, stderr } = await runAnswered(404, body, ['group/busybox:v1']);
    expect(linesOf(stdout)).toHaveLength(1);
    expect(stdout + stderr).not.toMatch(ANY_CONTROL);
  });

  test("from a provider's error, in JSON, whose values stay as they are", async () => {
    const { stdout } = await runAnswered(404, body, ['--json', 'group/busybox:v1']);
    expect(linesOf(stdout)).toHaveLength(1);
    expect(stdout).not.toMatch(ANY_CONTROL);
    expect(JSON.parse(stdout)).toMatchObject({ code: text, requestId: text, detail: text });
  });

  test('from a list whose references are invalid', async () => {
    const stdin = ['', 'group/', 'group/x:', `${'x'.repeat(90)}/`].map((start) => `${start}${CONTROLS}`).join('\n');
    const { code, stdout, stderr } = await runAgainst(() => undefined, ['-'], { env, stdin });
    expect(code).toBe(2);
    expect(stdout + stderr).not.toMatch(ANY_CONTROL);
  });

  test('from arguments', async () => {
    const control = CONTROLS.slice(1);
    for (const args of [[`--${control}`], ['--rate', control], [`group/x:${control}`], ['--image-host', control]]) {
      const { code, stdout, stderr } = await runAgainst(() => undefined, [...args, 'group/busybox:v1']);
      expect(code).toBe(2);
      expect(stdout + stderr).not.toMatch(ANY_CONTROL);
    }
  });
});

test('A long message hides neither the code nor the request id', async () => {
  const body = JSON.stringify({ error_msg: 'x'.repeat(5_000), error_code: 'C1', request_id: 'r1' });
  const { stdout } = await runAnswered(400, body, ['group/busybox:v1']);
  expect(stdout).toMatch(/x \(400, C1, request r1\)\n$/);
});

test('Many throttled deletes draw no warning from the runtime', async () => {
  const many = Array.from({ length: 40 }, (_, number) => `group/busybox:t${number}`);
  const { stderr } = await runAnswered(429, '{}', ['--concurrency', '32', '--fail-fast', ...many]);
  expect(stderr).not.toContain('Warning');
});
