// What bash and zsh complete after TAB, by the scripts that the command writes for them.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMAND } from '../../support/built.ts';
import { type CommandRun, runCommand, runProcess } from '../../support/command.ts';
import { areMissing, temporaryDirectory } from '../../support/programs.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let PATH: string;
beforeAll(async () => {
  directory = await temporaryDirectory();
  PATH = `${directory.path}:${process.env['PATH']}`;
  await writeFile(`${directory.path}/swr-tag-delete`, `#!/bin/sh\nexec '${process.execPath}' '${COMMAND}' "$@"\n`, {
    mode: 0o755,
  });
});
afterAll(() => directory.remove());

/** Reads the script twice, as a shell does whose start file is read again, and calls the function that it registers. */
const PRESS_TAB = `set -e
  for _ in 1 2; do source <(swr-tag-delete completion bash); done
  COMP_WORDS=("$0" "$@") COMP_CWORD=$#
  [[ $(complete -p swr-tag-delete) =~ '-F '([^ ]+) ]]
  "\${BASH_REMATCH[1]}"
  printf '%s\\n' "\${COMPREPLY[@]}"`;

/** @param words of a line as bash splits it, the last one under way @returns what bash offers for it */
async function pressTab(...words: string[]): Promise<string[]> {
  return linesOf(await runProcess('bash', ['--norc', '-c', PRESS_TAB, 'swr-tag-delete', ...words], { env: { PATH } }));
}

/** The same with what zsh gives to such a function; its own `_describe` and `_files` work at a terminal alone. */
const PRESS_TAB_IN_ZSH = `
  compdef() { :; }; compset() { :; }; _files() { print files; }
  _describe() { print -l -- "\${(@P)2}"; }
  source <(swr-tag-delete completion zsh)
  words=("$0" "$@") CURRENT=$(( $# + 1 )) PREFIX=$words[-1]
  _swr_tag_delete`;

async function pressTabInZsh(...words: string[]): Promise<string[]> {
  return linesOf(
    await runProcess('zsh', ['-f', '-c', PRESS_TAB_IN_ZSH, 'swr-tag-delete', ...words], { env: { PATH } }),
  );
}

function linesOf({ code, stdout, stderr }: CommandRun): string[] {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').filter((line) => line !== '');
}

test.each<[string, string[], string[]]>([
  ['the name of a command', ['verify-'], ['verify-consumer']],
  ['an option of the command that is named', ['mock', '--re'], ['--retry-after', '--ready-file']],
  ['an option of the bulk delete if no command is named', ['--im'], ['--image-host']],
  ['an option after the address of a provider', ['verify', 'http', ':', '//h', ':', '80', '--re'], ['--report-dir']],
  ['the values of an option', ['verify', 'http', ':', '//h', '--level', ''], ['base', 'vendor', 'full']],
  ['the values of an option after =', ['--output', '=', 'j'], ['json']],
  ['the values of an option that are too many for its help', ['faulty-provider', '--fault', 'body'], ['body-on-204']],
  ['the values of an argument', ['completion', ''], ['bash', 'zsh', 'fish']],
  ['nothing of its own for a file, so that bash offers files', ['verify', 'h', '--fixtures', ''], []],
])('bash completes %s', async (_, words, offered) => {
  expect(await pressTab(...words)).toEqual(offered);
});

test('bash offers every command of the overview, and runs nothing that is typed', async () => {
  const { stdout } = await runCommand(['--help']);
  const [, list = ''] = stdout.split(/^Commands:$/m);
  const names = [...list.matchAll(/^ {2}([a-z][a-z-]*) {2,}/gm)].map(([, name = '']) => name);
  expect(names).toContain('delete');
  expect((await pressTab('')).toSorted()).toEqual(names.toSorted());
  expect(await pressTab('--token', `$(touch ${directory.path}/typed)`, '--yes', '--im')).toEqual(['--image-host']);
  expect(existsSync(`${directory.path}/typed`)).toBe(false);
});

test.skipIf(areMissing('zsh'))(
  'zsh completes the same, with descriptions, and runs nothing that is typed',
  async () => {
    expect(await pressTabInZsh('verify-')).toEqual([expect.stringMatching(/^verify-consumer:.+/)]);
    expect(await pressTabInZsh('--output=')).toEqual(['text', 'json']);
    expect(await pressTabInZsh('verify', 'http://h', '--level', '')).toEqual(['base', 'vendor', 'full']);
    expect(await pressTabInZsh('verify', 'h', '--fixtures', '')).toEqual(['files']);
    await pressTabInZsh('--token', `$(touch ${directory.path}/typed)`, `--x$(touch ${directory.path}/typed)=`);
    expect(existsSync(`${directory.path}/typed`)).toBe(false);
  },
);

test('A script for fish can be had, one for another shell is refused', async () => {
  expect(await runCommand(['completion', 'fish'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('swr-tag-delete complete -- '),
    stderr: '',
  });
  expect(await runCommand(['completion', 'tcsh'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('Allowed choices are bash, zsh, fish.'),
  });
});
