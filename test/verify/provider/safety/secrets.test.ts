// A report is mailed around: no secret of the fixtures may be in it, however long it is and wherever a provider repeats it.
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { readContract } from '../../../../verify/contract/read-contract.ts';
import { maskOf } from '../../../../verify/evidence/fixture-secrets.ts';
import { printable } from '../../../../verify/evidence/printable.ts';
import { correct } from '../../../../verify/faulty-providers/correct.ts';
import { tokensOf } from '../../../../verify/faulty-providers/credentials.ts';
import { withContent } from '../../../../verify/faulty-providers/fault.ts';
import { type RunningProvider, startProvider } from '../../../../verify/faulty-providers/provider.ts';
import { fixturesOf } from '../../../../verify/fixtures.ts';
import { verifyProvider } from '../../../../verify/provider/verify-provider.ts';
import { runProcess } from '../../../support/command.ts';
import { temporaryDirectory } from '../../../support/programs.ts';

const contract = await readContract();

let provider: RunningProvider | undefined;
afterEach(async () => {
  await provider?.close();
  provider = undefined;
});

const maskFor = (token: string) =>
  maskOf(
    fixturesOf({
      credentials: { allowed: { token } },
      images: { namespace: 'a', repository: 'b', tags: ['c'] },
      absent: { tag: 'd' },
    }),
  );

describe('of a token that is longer than what is shown', () => {
  const token = Array.from({ length: 8_000 }, (_, index) => String.fromCharCode(97 + (index % 26))).join('');
  const prefix = token.slice(0, 40);

  test.each([
    ['at the beginning', token],
    ['at the end of what is shown', 'A'.repeat(4_090) + token],
    ['again and again, beyond what is looked through', `${token} `.repeat(20)],
    ['cut by the provider’s end of what is looked through', 'A'.repeat(4_096 + 64 * 1024 - 100) + token],
  ])('nothing is left %s', (_, text) => {
    const shown = printable(Buffer.from(text), maskFor(token));

    expect(shown).not.toContain(prefix);
    expect(shown.length).toBeLessThan(5_000);
  });
});

test('what is no secret is shown as far as it goes, and how much there is', () => {
  const shown = printable(Buffer.from(`a\0b\r\n${'c'.repeat(900_000)}`), maskFor('token-of-a-caller'));

  expect(shown.startsWith('a\\x00b\nccc')).toBe(true);
  expect(shown).toMatch(/c\n… 900005 bytes in all$/);
});

test('a signature that the provider repeats is masked without the name of its part, and another digest is not', async () => {
  const signatures: string[] = [];
  const DIGEST = 'ab'.repeat(32);
  provider = await startProvider({
    error: (name, requestId, call) => {
      const signature = /Signature=([0-9a-f]{64})/.exec(call?.headers['authorization']?.[0] ?? '')?.[1];
      if (signature !== undefined) signatures.push(signature);
      return withContent(correct.error(name, requestId, call), ({ error_msg: _, ...content }) => ({
        ...content,
        seen: signature?.toUpperCase() ?? '',
        digest: DIGEST,
      }));
    },
  });

  const report = await verifyProvider({
    baseUrl: provider.url,
    fixtures: fixturesOf(provider.fixtures),
    contract,
    seed: 1,
  });

  const text = JSON.stringify(report).toLowerCase();
  expect(signatures.length).toBeGreaterThan(5);
  expect(signatures.filter((one) => text.includes(one))).toEqual([]);
  expect(text).toContain(DIGEST);
});

describe('the command that sends a request again, byte for byte', () => {
  const token = 'a%b\\c"d$e`f\'g%3D';

  /** A provider whose every error about what is no request breaks the contract, known by a token that is hard to quote. */
  async function checkWithToken() {
    let received = Buffer.alloc(0);
    provider = await startProvider({
      callerOf: (sent, world) => (tokensOf(sent)[0] === token ? world.allowed : correct.callerOf(sent, world)),
      error: (name, requestId, call) => {
        const { body, ...answer } = correct.error(name, requestId, call);
        const extra = { 'Set-Cookie': 'session=S3SSION; HttpOnly', 'Content-Length': '2' };
        return name === 'malformed-request' || name === 'expectation-failed'
          ? { ...answer, body: '{}', headers: { ...answer.headers, ...extra } }
          : { ...answer, body };
      },
    });
    const fixtures = fixturesOf({ ...provider.fixtures, credentials: { allowed: { token } } });
    const report = await verifyProvider({ baseUrl: provider.url, fixtures, contract, seed: 1 });
    const listener = createServer((socket) => {
      socket.on('data', (bytes) => {
        received = Buffer.concat([received, bytes]);
      });
      socket.on('end', () => socket.end('HTTP/1.1 400 x\r\n\r\n'));
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const port = (listener.address() as AddressInfo).port;
    return { report, listener, port, received: () => received.toString('latin1') };
  }

  test('holds no secret, and sends it', async () => {
    const { report, listener, port, received } = await checkWithToken();
    const { violations = [] } = report.findings.find(({ id }) => id === 'malformed/no-colon') ?? {};
    const { curl = '', sent = '' } = violations[0]?.exchange ?? {};

    const text = JSON.stringify(report);
    for (const secret of [token, 'a%b', 'a%%b', 'S3SSION']) expect(text).not.toContain(secret);
    expect(text).toContain('Set-Cookie: session=$COOKIE; HttpOnly');

    // Netcat in a line: what it has to do is to pass bytes.
    const { path, remove } = await temporaryDirectory();
    const script =
      "const s=require('net').connect(process.argv[2],process.argv[1]);process.stdin.pipe(s).pipe(process.stdout)";
    await writeFile(`${path}/nc`, `#!/bin/sh\nexec '${process.execPath}' -e "${script}" "$@"\n`, { mode: 0o755 });
    await runProcess('sh', ['-c', curl.replace(/(\| nc 127\.0\.0\.1) \d+$/, `$1 ${port}`)], {
      env: { PATH: `${path}:${process.env['PATH']}`, TOKEN: token },
    });
    listener.close();
    await remove();

    expect(received()).toBe(`${sent.replaceAll('$TOKEN', () => token).replaceAll('\n', '\r\n')}`);
    expect(received()).toContain('\r\nthis is no header\r\n\r\n');
  });
});

describe('A token as short as a syllable', () => {
  const token = 'tok';
  const fixturesWith = (fixtures: object) => fixturesOf({ ...fixtures, credentials: { allowed: { token } } });
  const VARIABLE = /\$(?:SHORTENED_|SWAPPED_)?TOKEN/;

  test('leaves the words of the check alone, and is masked in the requests and in what the provider said', async () => {
    provider = await startProvider({
      callerOf: (sent, world) => (tokensOf(sent)[0] === token ? world.allowed : correct.callerOf(sent, world)),
      error: (name, requestId, call) =>
        withContent(correct.error(name, requestId, call), (content) => ({ ...content, error_code: `to ${token}` })),
    });
    const fixtures = fixturesWith(provider.fixtures);
    const { findings, notes = [] } = await verifyProvider({ baseUrl: provider.url, fixtures, contract, seed: 1 });

    const violations = findings.flatMap((finding) => finding.violations);
    const said = violations.flatMap(({ message, found = '' }) => [message, found]);
    const sentences = [...said, ...notes, ...findings.flatMap(({ title, reason = '' }) => [title, reason])];
    const outsideQuotes = sentences.map((one) => one.replace(/"(?:[^"\\]|\\.)*"/g, '""'));
    expect(outsideQuotes.filter((one) => VARIABLE.test(one))).toEqual([]);
    expect(outsideQuotes.join(' ')).toContain('repository');

    expect(said.join()).toContain('"$SHORTENED_TOKEN $TOKEN"');
    expect(said.join()).not.toContain(`"to ${token}"`);
    const sent = violations.map(({ exchange }) => exchange?.sent ?? '');
    expect(sent.join()).toContain('X-Auth-Token: $TOKEN');
    expect(sent.filter((one) => one.includes(token))).toEqual([]);
  });
});
