// A provider that gives no answer to some requests is there all the same; one that gives none to any is gone, or is none.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { readContract } from '../../../verify/contract/read-contract.ts';
import type { Behaviour } from '../../../verify/faulty-providers/behaviour.ts';
import { correct } from '../../../verify/faulty-providers/correct.ts';
import { startProvider } from '../../../verify/faulty-providers/provider.ts';
import { fixturesOf } from '../../../verify/fixtures.ts';
import { verifyProvider } from '../../../verify/provider/verify-provider.ts';

const contract = await readContract();

const cleanUps: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function start(change: Partial<Behaviour> = {}) {
  const provider = await startProvider(change);
  cleanUps.push(provider.close);
  return { baseUrl: provider.url, fixtures: fixturesOf(provider.fixtures), contract, seed: 1 };
}

/** A provider that sends these bytes on every connection. */
async function startBytes(bytes: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.end(bytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a provider that ends the connection on every illegal name is checked to the end', async () => {
  const isIllegal = (body: string) => /"SVCSTG\.SWR\.400(?:1028|1029|9021)"/.test(body);
  const options = await start({
    send: (response, answer) => {
      if (isIllegal(answer.body)) response.socket?.destroy();
      else correct.send(response, answer);
    },
  });

  const { findings, notes } = await verifyProvider(options);

  const verdictOf = (id: string) => findings.find((one) => one.id === id)?.verdict;
  expect(verdictOf('tag/outside-its-alphabet')).toBe('violated');
  for (const id of ['delete/twice', 'delete/siblings', 'request-id/kept']) expect(verdictOf(id)).toBe('verified');
  expect(notes?.join()).not.toContain('gave up');
});

test('a provider that never answers an illegal name is checked to the end, and few names are tried in vain', async () => {
  const isIllegal = (body: string) => /"SVCSTG\.SWR\.400(?:1028|1029|9021)"/.test(body);
  let unanswered = 0;
  const options = await start({
    send: (response, answer) => {
      if (isIllegal(answer.body)) unanswered += 1;
      else correct.send(response, answer);
    },
  });

  const { findings } = await verifyProvider({ ...options, timeoutMs: 1_000 });

  const verdictOf = (id: string) => findings.find((one) => one.id === id)?.verdict;
  expect(verdictOf('tag/outside-its-alphabet')).toBe('violated');
  expect(verdictOf('delete/twice')).toBe('verified');
  expect(unanswered).toBeLessThan(60);
});

test('a provider that deletes and never says so is blamed for that, and not its fixtures', async () => {
  let unanswered = 0;
  const options = await start({
    send: (response, answer) => {
      if (answer.status === 204) unanswered += 1;
      else correct.send(response, answer);
    },
  });

  const { findings } = await verifyProvider({ ...options, timeoutMs: 1_000 });

  const twice = findings.find(({ id }) => id === 'delete/twice');
  expect(twice?.violations[0]).toMatchObject({ harm: 'no-answer' });
  expect(unanswered).toBeLessThan(12);
});

test('an empty name that a provider takes for a name, and refuses as such, is no violation', async () => {
  const options = await start({
    match: (path) => {
      // Its router lets a segment be empty.
      const names = correct.match(path.replace(/(?<=\/)(?=\/|$)/g, 'EMPTY'));
      const isEmpty = ([name, value]: [string, string]) => [name, value.replace('EMPTY', '')];
      return names && Object.fromEntries(Object.entries(names).map(isEmpty));
    },
  });

  const { findings } = await verifyProvider(options);

  const empty = findings.filter(({ id }) => id.endsWith('/empty'));
  expect(empty.map(({ verdict }) => verdict)).toEqual(['verified', 'verified', 'verified']);
});

describe('what cannot be checked is said', () => {
  test('where no HTTP is spoken', async () => {
    const { fixtures } = await start();
    const baseUrl = await startBytes('SSH-2.0-OpenSSH_9.2\r\n');

    await expect(verifyProvider({ baseUrl, fixtures, contract })).rejects.toThrow(
      'what the provider sends is not an HTTP/1.1 answer: what arrived does not begin with HTTP/1.1',
    );
  });

  test('where the base path is wrong: with the whole path that was asked for', async () => {
    const { fixtures } = await start();
    const baseUrl = `${await startBytes('HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n')}/wrong/base`;

    await expect(verifyProvider({ baseUrl, fixtures, contract, level: 'base' })).rejects.toThrow(
      `every DELETE of ${baseUrl}/v2/manage/namespaces/{namespace}/repos/{repository}/tags/{tag} was answered 404, whatever it named: either this API is not at this address (is the base path right?)`,
    );
  });
});

describe('a request that never ends, to a provider of more patience than the check', () => {
  const never = { namespace: 'group', repository: 'team/app', tag: 'any' };

  test('leaves open what it would be answered: the contract gives no number', async () => {
    const { fixtures, ...options } = await start();

    const { findings } = await verifyProvider({
      ...options,
      fixtures: { ...fixtures, provoke: { 408: never } },
      timeoutMs: 300,
      patienceMs: 400,
    });

    expect(findings.find(({ id }) => id === 'malformed/never-ends')).toMatchObject({
      verdict: 'not-verified',
      reason: 'the provider has more patience than two minutes; the contract gives no number',
    });
  });
});
