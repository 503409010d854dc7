// Partners' providers speak TLS, some with a certificate of their own authority, and some at an address of IPv6.
import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readContract } from '../../../verify/contract/read-contract.ts';
import type { Behaviour } from '../../../verify/faulty-providers/behaviour.ts';
import { answering, withContent } from '../../../verify/faulty-providers/fault.ts';
import { faults } from '../../../verify/faulty-providers/faults.ts';
import { startProvider } from '../../../verify/faulty-providers/provider.ts';
import { fixturesOf } from '../../../verify/fixtures.ts';
import { verifyProvider } from '../../../verify/provider/verify-provider.ts';
import { COMMAND } from '../../support/built.ts';
import { privatelySigned } from '../../support/certificates.ts';
import { runProcess } from '../../support/command.ts';
import { areMissing, temporaryDirectory } from '../../support/programs.ts';

const cleanUps: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

/** Passes every byte on to a provider. */
function passTo(url: string): (socket: Socket) => void {
  const { hostname, port } = new URL(url);
  return (socket) => {
    const onward = connect(Number(port), hostname);
    for (const one of [socket, onward]) one.on('error', () => [socket, onward].map((each) => each.destroy()));
    socket.pipe(onward).pipe(socket);
  };
}

async function listen(server: Server, host: string): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  cleanUps.push(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function start(change: Partial<Behaviour> = {}) {
  const provider = await startProvider(change);
  cleanUps.push(provider.close);
  return provider;
}

describe.skipIf(areMissing('openssl'))('a provider behind TLS', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let certificates: Awaited<ReturnType<typeof privatelySigned>>;
  beforeAll(async () => {
    directory = await temporaryDirectory();
    certificates = await privatelySigned(directory.path);
  });
  afterAll(() => directory.remove());

  /** The check as a partner runs it, who may know the authority. */
  async function check(change: Partial<Behaviour> = {}, { host = 'localhost', isKnown = true } = {}) {
    const provider = await start(change);
    const [key, cert] = await Promise.all([readFile(certificates.key), readFile(certificates.certificate)]);
    const port = await listen(createTlsServer({ key, cert }, passTo(provider.url)), '127.0.0.1');
    const file = `${directory.path}/fixtures.yaml`;
    await writeFile(file, stringify(provider.fixtures));
    const env = isKnown ? { NODE_EXTRA_CA_CERTS: certificates.authority } : {};
    const args = [COMMAND, 'verify', `https://${host}:${port}`, '--fixtures', file, '--allow-unverified'];
    const run = await runProcess(process.execPath, [...args, '--report-dir', directory.path], { env });
    return { ...run, provider };
  }

  test.each(['localhost', '127.0.0.1'])('is clean where it keeps the contract, at %s', async (host) => {
    const { code, stderr } = await check({}, { host });

    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  test('is told what its HTTP client hides: bytes behind a 204', async () => {
    const { code, stdout } = await check(faults.find(({ name }) => name === 'body-on-204')?.change);

    expect(stdout).toContain('A 204 has no content, and bytes follow it (RFC 9110, 15.3.5).');
    expect(code).toBe(1);
  });

  test('is sent what is no request again by the command of the report', async () => {
    const change = answering(['malformed-request'], (answer) =>
      withContent(answer, ({ error_msg: _, ...content }) => content),
    );
    const { provider } = await check(change);
    const { findings } = JSON.parse(await readFile(`${directory.path}/provider-check.json`, 'utf8'));
    const { exchange } = findings.find(({ id }: { id: string }) => id === 'malformed/no-colon').violations[0];
    expect(exchange.curl).toContain("'' | openssl s_client -quiet -connect localhost:");

    const { stdout } = await runProcess('sh', ['-c', exchange.curl], {
      env: { TOKEN: `${provider.fixtures.credentials.allowed.token}` },
    });

    expect(stdout).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('is not believed if its authority is unknown, and the partner is told what to set', async () => {
    const { code, stderr } = await check({}, { isKnown: false });

    expect(stderr).toMatch(/^error: the provider does not answer: .*; for a certificate .* NODE_EXTRA_CA_CERTS /);
    expect(code).toBe(2);
  });

  test('that speaks plain HTTP there cannot be checked', async () => {
    const { url, fixtures } = await start();
    const file = `${directory.path}/fixtures.yaml`;
    await writeFile(file, stringify(fixtures));

    const { code, stderr } = await runProcess(process.execPath, [
      COMMAND,
      'verify',
      url.replace('http:', 'https:'),
      '--fixtures',
      file,
    ]);

    expect(stderr).toMatch(/^error: the provider does not answer: no connection could be made /);
    expect(stderr).not.toContain('NODE_EXTRA_CA_CERTS');
    expect(code).toBe(2);
  });
});

test('a provider at an address of IPv6 is clean, by token and by signature', async () => {
  const { url, fixtures } = await start();
  const port = await listen(createServer(passTo(url)), '::1');

  const { findings } = await verifyProvider({
    baseUrl: `http://[::1]:${port}`,
    fixtures: fixturesOf(fixtures),
    contract: await readContract(),
    seed: 1,
  });

  expect(findings.filter(({ verdict }) => verdict === 'violated').map(({ id }) => id)).toEqual([]);
  expect(findings.find(({ id }) => id === 'delete/by-signature')?.verdict).toBe('verified');
});
