// How the programs of the checks end, whatever becomes of their output.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { COMMAND } from '../support/built.ts';
import { runProcess } from '../support/command.ts';
import { temporaryDirectory } from '../support/programs.ts';
import { baseFixtures, startBaseProvider } from './levels/base-provider.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
const cleanUps: (() => Promise<void>)[] = [];
beforeEach(async () => {
  directory = await temporaryDirectory();
  await writeFile(`${directory.path}/f.yaml`, stringify(baseFixtures));
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
  await directory.remove();
});

/** A provider that takes requests and never answers. */
async function startSilent(): Promise<string> {
  const server = createServer((socket) => void socket.on('error', () => undefined).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(async () => void server.close());
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

const provider = (url: string, ...args: string[]) => [
  COMMAND,
  'verify',
  url,
  '--fixtures',
  `${directory.path}/f.yaml`,
  ...args,
];

test('A reader that goes away after a line (`| head -1`) gets that line, and the check ends with its own exit code', async () => {
  const { url, close } = await startBaseProvider();
  cleanUps.push(close);
  const command = `"$0" ${provider(url, '--level', 'base', '--allow-unverified')
    .map((one) => `'${one}'`)
    .join(' ')}; echo "exit $?" >&2`;

  const { stdout, stderr } = await runProcess('sh', ['-c', `{ ${command}; } | head -1`, process.execPath]);

  expect(stdout).toBe('Keeps base (1 case not verified).\n');
  expect(stderr).toContain('exit 0');
});

test('Output that is never read does not keep the process alive', async () => {
  const { url, close } = await startBaseProvider({ success: { status: 200, body: 'x'.repeat(4_000) } });
  cleanUps.push(close);
  const child = spawn(process.execPath, provider(url, '--level', 'base'), { stdio: ['ignore', 'pipe', 'ignore'] });

  const [code] = await once(child, 'exit');

  expect(code).toBe(1);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s ends the check with its report; what it did not come to is not verified',
  async (signal) => {
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const { url, close } = await startBaseProvider({
      remove: () => {
        begin();
        return new Promise(() => undefined);
      },
    });
    cleanUps.push(close);
    const child = spawn(process.execPath, provider(url, '--level', 'base', '--timeout', '600', '--rate', '100'), {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    child.stdout.on('data', (text: Buffer) => {
      stdout += text.toString();
    });
    await begun;
    child.kill(signal);

    const [code] = await once(child, 'close');

    expect(code).toBe(3);
    expect(stdout).toContain('the check was interrupted');
  },
);

test('The second Ctrl-C ends the process at once', async () => {
  const child = spawn(
    process.execPath,
    [COMMAND, 'verify-consumer', '--upstream', await startSilent(), '--port', '0'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const [announced] = (await once(child.stdout, 'data')) as [Buffer];
  const [, port] = /:(\d+),/.exec(announced.toString()) ?? [];
  // An answer is due: the first Ctrl-C waits for it.
  const waiting = spawn('curl', ['-s', `http://127.0.0.1:${port}/`], { stdio: 'ignore' });
  await new Promise((resolve) => setTimeout(resolve, 300));
  child.kill('SIGINT');
  child.kill('SIGTERM');

  const [code] = await once(child, 'exit');
  waiting.kill();

  expect(code).toBe(130);
});

test.each([
  ['an error code', { status: 404, body: '{"error_code":"\u009b31m\u0007\u202e","error_msg":"\u202e"}' }],
  ['a body of text', { status: 404, body: '\u009b31m\u0007\u202eevil' }],
])('%s with control characters and a bidirectional override cannot drive the terminal', async (_, answer) => {
  const { url, close } = await startBaseProvider({
    noTag: () => answer,
    noRepository: answer,
    send: (response, { status, body }) =>
      void response.writeHead(status, { 'Content-Type': 'application/json' }).end(body),
  });
  cleanUps.push(close);

  const { stdout, stderr } = await runProcess(process.execPath, provider(url));

  expect(`${stdout}${stderr}`).not.toMatch(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/u);
});
