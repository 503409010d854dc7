// `npm run verify`, as a partner runs it: from the build, against a provider on loopback.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { defaultContractFile } from '../../../verify/contract/read-contract.ts';
import { correct } from '../../../verify/faulty-providers/correct.ts';
import { answering, withContent } from '../../../verify/faulty-providers/fault.ts';
import { faults } from '../../../verify/faulty-providers/faults.ts';
import { type RunningProvider, startProvider } from '../../../verify/faulty-providers/provider.ts';
import { COMMAND } from '../../support/built.ts';
import { runProcess } from '../../support/command.ts';
import { temporaryDirectory } from '../../support/programs.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let provider: RunningProvider | undefined;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(async () => {
  await provider?.close();
  provider = undefined;
  await directory.remove();
});

/** A provider with a fault, and its fixtures in a file. */
async function start(change = {}) {
  provider = await startProvider(change);
  const file = `${directory.path}/fixtures.yaml`;
  await writeFile(file, stringify(provider.fixtures));
  return { url: provider.url, file };
}

/** Another program, which answers everything with one status. */
async function startRefusing(status: number): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const verify = (...args: string[]) => runProcess(process.execPath, [COMMAND, 'verify', ...args]);
const faultOf = (name: string) => faults.find((one) => one.name === name)?.change ?? {};

describe('the exit code is', () => {
  test('3 if nothing is violated and something is not verified: it is named with its fixture key', async () => {
    const { url, file } = await start();

    const { code, stdout } = await verify(url, '--fixtures', file);

    expect(stdout).toContain('provoke.408');
    expect(code).toBe(3);
  });

  test('0 there with --allow-unverified', async () => {
    const { url, file } = await start();

    const { code } = await verify(url, '--fixtures', file, '--allow-unverified');

    expect(code).toBe(0);
  });

  test('0 if everything is verified, by a contract without what cannot be arranged', async () => {
    const { url, file } = await start();
    const document = parse(await readFile(defaultContractFile, 'utf8'));
    for (const name of ['request-timeout', 'body-too-large', 'uri-too-long'])
      delete document['x-gateway-responses'][name];
    const { Unauthorized, InternalError } = document.components.responses;
    delete Unauthorized.content['application/json'].examples['temporary-access-key'];
    delete InternalError.content['application/json'].examples['authentication-unavailable'];
    const contract = `${directory.path}/contract.yaml`;
    await writeFile(contract, stringify(document));

    const { code, stdout } = await verify(url, '--fixtures', file, '--contract', contract);

    expect(stdout).not.toContain('Not verified:');
    expect(code).toBe(0);
  });

  test('1 if something is violated: the rule, what was sent and received, and how to repeat it', async () => {
    const { url, file } = await start(faultOf('content-length-on-204'));

    const { code, stdout } = await verify(url, '--fixtures', file, '--allow-unverified');

    expect(stdout).toContain('A 204 must not have Content-Length (RFC 9110, 8.6)');
    expect(stdout).toContain('curl -i');
    expect(code).toBe(1);
  });

  test.each([
    [
      'nobody listens',
      ['http://127.0.0.1:1'],
      /^error: the provider does not answer: no connection could be made \(ECONNREFUSED\)$/m,
    ],
    [
      'the fixtures are not there',
      ['http://127.0.0.1:1', '--fixtures', '/none'],
      /^error: the fixtures \/none cannot be read: ENOENT$/m,
    ],
    [
      'the contract is not there',
      ['http://127.0.0.1:1', '--contract', '/none'],
      /^error: the contract \/none cannot be read: ENOENT$/m,
    ],
    ['the base URL is none', ['ftp://host'], /It must be an http or https URL/],
    [
      'a number is none',
      ['http://127.0.0.1:1', '--max-requests', 'many'],
      /It must be a whole number from 1 to 1000000/,
    ],
  ])('2 where %s, in a sentence', async (_, args, sentence) => {
    const { file } = await start();

    const { code, stderr } = await verify('--fixtures', file, ...args);

    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(code).toBe(2);
  });

  test.each([
    [404, 'it holds none of the fixtures’ images, the tags '],
    [501, 'it is out of order'],
    [503, 'it is out of order'],
  ])(
    '2 if another program is there, which answers everything with %i: the base path is asked for',
    async (status, or) => {
      const { file } = await start();
      const url = await startRefusing(status);

      const { code, stdout, stderr } = await verify(url, '--fixtures', file);

      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(`{tag} was answered ${status}, whatever it named`);
      expect(stderr).toContain(`either this API is not at this address (is the base path right?), or ${or}`);
    },
  );

  test('3 if the provider asks for credentials and the fixtures have none: base is not called kept, whatever is allowed', async () => {
    const { url, file } = await start();
    const { credentials: _, ...fixtures } = provider?.fixtures ?? {};
    await writeFile(file, stringify(fixtures));
    const args = [url, '--fixtures', file, '--level', 'base'];

    const { code, stdout } = await verify(...args, '--allow-unverified', '--report-dir', directory.path);

    expect(stdout).toMatch(/^Not verified: base \(\d+ of \d+ cases\)\.\n/);
    expect(stdout).toMatch(/\nNothing was verified\.\n$/);
    expect(stdout).toContain('fixture: credentials.allowed');
    const page = await readFile(`${directory.path}/provider-check.html`, 'utf8');
    expect(page).toMatch(/<h1>Not verified: base /);
    expect(code).toBe(3);
  });

  test('2 if the base path is wrong', async () => {
    const { url, file } = await start();

    const { code, stdout, stderr } = await verify(`${url}/prefix`, '--fixtures', file);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('is the base path right?');
  });

  test('1 if tags are missing at a provider with a fault, and no image is called lost: none was ever deleted', async () => {
    const { url } = await start(faultOf('double-underscore-refused'));
    const { images, ...fixtures } = provider?.fixtures ?? {};
    const file = `${directory.path}/missing.yaml`;
    const tags = ['a1', 'a10', 'A1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8'];
    await writeFile(file, stringify({ ...fixtures, images: { ...images, tags } }));

    const { code, stdout } = await verify(url, '--fixtures', file);

    expect(code).toBe(1);
    expect(stdout).toContain('must exist before each run');
    expect(stdout).toContain('A tag that exists cannot be deleted.');
    expect(stdout).not.toContain('Images are lost');
    expect(stdout).not.toContain('is still there although');
  });

  test('2 if the fixtures are wrong: every problem is named at once, and no secret', async () => {
    const file = `${directory.path}/wrong.yaml`;
    const fixtures = {
      credentials: { allowed: { tokn: 's3cret-token', accessKey: 's3cret-key' } },
      images: { namespace: 'group', repository: 'app', tags: ['v1', 'v1'] },
      absent: {},
    };
    await writeFile(file, stringify(fixtures));

    const { code, stderr } = await verify('http://127.0.0.1:1', '--fixtures', file);

    for (const part of [
      'credentials.allowed (line 3) has the unknown key tokn (is token meant?); allowed are token, accessKey, secretKey',
      'images.tags (line 8) names a tag twice',
      'absent.tag (line 11) is missing: it must be a text',
    ])
      expect(stderr).toContain(`error: ${file}: ${part}`);
    expect(stderr).not.toContain('s3cret');
    expect(code).toBe(2);
  });

  test('2 if the contract does not allow a name of the fixtures: it is not sent anywhere', async () => {
    const { url, file } = await start();
    await writeFile(
      file,
      stringify({ ...provider?.fixtures, images: { namespace: 'Group', repository: 'a', tags: ['v1'] } }),
    );

    const { code, stderr } = await verify(url, '--fixtures', file);

    expect(stderr).toContain('the contract does not allow the namespace "Group"');
    expect(code).toBe(2);
  });
});

test('--report-dir writes the reports, and none of them holds a secret, whatever the provider repeats', async () => {
  const echo = answering('every error', (answer) => answer);
  const { url, file } = await start({
    ...echo,
    error: (...[name, requestId, call]: Parameters<typeof correct.error>) =>
      withContent(correct.error(name, requestId, call), ({ error_msg: _, ...content }) => ({
        ...content,
        sent: call?.headers,
      })),
  });
  const reports = `${directory.path}/reports`;

  const { stdout, code } = await verify(url, '--fixtures', file, '--report-dir', reports);

  expect(code).toBe(1);
  const files = await readdir(reports);
  expect(files.toSorted()).toEqual(['provider-check.html', 'provider-check.json', 'provider-check.xml']);
  const texts = await Promise.all(files.map((one) => readFile(`${reports}/${one}`, 'utf8')));
  const { allowed, forbidden } = provider?.fixtures.credentials ?? {};
  const secrets = [allowed, forbidden].flatMap((one) => Object.values(one ?? {}));
  expect(secrets).toHaveLength(6);
  const token = String(allowed?.token);
  for (const secret of [...secrets, token.slice(0, -1), token.toUpperCase()]) {
    for (const text of [stdout, ...texts]) expect(text).not.toContain(secret);
  }
  expect(texts.join()).toContain('$TOKEN');
});

test('a curl line of the report gets the same answer again', async () => {
  const { url, file } = await start(faultOf('ok-with-an-error-inside'));
  const reports = `${directory.path}/reports`;
  await verify(url, '--fixtures', file, '--report-dir', reports);
  const { findings } = JSON.parse(await readFile(`${reports}/provider-check.json`, 'utf8'));
  const { exchange } = findings.find(({ id }: { id: string }) => id === 'not-found/tag-by-token').violations[0];

  const { stdout } = await promisify(execFile)('sh', ['-c', exchange.curl], {
    env: { PATH: process.env['PATH'], TOKEN: provider?.fixtures.credentials.allowed.token },
  });

  const statusLine = (text: string) => text.split(/\r?\n/)[0];
  expect(statusLine(stdout)).toBe(statusLine(exchange.received));
  expect(statusLine(stdout)).toContain('200');
});

test('a --report-dir that cannot be written to is said so before a tag is spent', async () => {
  const removed: string[] = [];
  const { url, file } = await start({
    remove: (call: Parameters<typeof correct.remove>[0]) => {
      removed.push(call.names.tag);
      return correct.remove(call);
    },
  });

  const { code, stderr } = await verify(url, '--fixtures', file, '--report-dir', `${file}/reports`);

  expect(stderr).toMatch(/^error: --report-dir .*\/reports: cannot be written to/);
  expect(code).toBe(2);
  expect(removed).toEqual([]);
});

test('--dry-run lists the cases and sends nothing', async () => {
  const { file } = await start();

  const { code, stdout } = await verify('http://127.0.0.1:1', '--fixtures', file, '--dry-run');

  expect(stdout).toContain('404 tag-not-found  not-found/tag-by-token');
  expect(stdout).toMatch(/\d+ cases; nothing was sent/);
  expect(code).toBe(0);
});

test('the same seed tries the same names', async () => {
  const { url, file } = await start(faultOf('double-underscore-refused'));
  const args = [url, '--fixtures', file, '--seed', '7', '--report-dir', directory.path];

  const smallest = async () => {
    await verify(...args);
    await provider?.close();
    provider = undefined;
    const { findings, seed } = JSON.parse(await readFile(`${directory.path}/provider-check.json`, 'utf8'));
    const { violations } = findings.find(({ id }: { id: string }) => id === 'repository/random-legal');
    expect(seed).toBe(7);
    return violations.map(({ seenWith }: { seenWith: string }) => seenWith);
  };
  const first = await smallest();

  expect(first).toEqual([expect.stringMatching(/^".+", the smallest such name \(seed 7\)$/)]);
  const again = await start(faultOf('double-underscore-refused'));
  args[0] = again.url;
  expect(await smallest()).toEqual(first);
});
