// Whose fault it is: the consumer's, the provider's, both sides', or nobody's.
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createTagClient } from '../../../client/index.ts';
import { exitCodeOf } from '../../../verify/report/exit-code.ts';
import type { Report } from '../../../verify/report/model.ts';
import { headlineOf, levelsLineOf } from '../../../verify/report/summary.ts';
import { cases, images, protectedTags } from '../../cases.ts';
import { startMock } from '../../mock/start-mock.ts';
import { examples, gatewayExamples } from '../../support/contract.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { run } from '../../support/programs.ts';
import { brokenChecks, startServer, TOKEN } from '../../support/server.ts';
import { ask, exchange, requestText } from '../../support/wire.ts';
import { findingOf, startAnswering, startCheck, startScripted, violationsOf } from './start-consumer-check.ts';

const causesOfOperation = examples.map(({ name }) => name);

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** What may be closed after a test. */
function later<Thing extends { close(): Promise<unknown> }>(thing: Thing): Thing {
  closing.push(() => thing.close());
  return thing;
}

const path = (tag: string) => `/v2/manage/namespaces/group/repos/busybox/tags/${tag}`;
const request = (tag = 'v1', headers: Readonly<Record<string, string>> = { 'X-Auth-Token': TOKEN }) =>
  requestText(`DELETE ${path(tag)}`, headers);

/** Sends requests to a provider that gives the same bytes to each, and reports. */
async function reportOf(answer: string, ...requests: string[]): Promise<Report> {
  const provider = later(await startAnswering(Buffer.from(answer, 'latin1')));
  const check = await startCheck(provider.url);
  for (const one of requests) await exchange(check.url, one);
  return check.end();
}

const ID = 'X-Request-Id: 4f1c6f0c2f6e4f0d9a0b8f2f7d3c5e61\r\n';
const DELETED = `HTTP/1.1 204 No Content\r\n${ID}\r\n`;

/** A right answer with one of the contract's examples. */
function refusal(name: string, headers = ''): string {
  const example = [...examples, ...gatewayExamples].find((one) => one.name === name);
  if (example === undefined) throw new Error(`no example ${name}`);
  const body = JSON.stringify(example.value);
  const type = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  const id = `X-Request-Id: ${example.value.request_id}\r\n`;
  return `HTTP/1.1 ${example.status} x\r\n${type}${id}${headers}\r\n${body}`;
}

describe('What a consumer shows of itself', () => {
  const delete_ = (repository: string) =>
    requestText(`DELETE ${path('v1').replace('busybox', repository)}`, { 'X-Auth-Token': TOKEN });

  test('A consumer that sends only %2F for a slash has a fault: rule 5', async () => {
    const report = await reportOf(refusal('invalid-repository'), delete_('team%2Fapp'), delete_('team%2fweb'));

    const found = report.findings.find(({ id }) => id === 'names/only-illegal');
    expect(found).toMatchObject({ level: 'vendor', verdict: 'violated' });
    expect(found?.violations[0]).toMatchObject({
      party: 'consumer',
      message: expect.stringContaining('sent `%2F`; rule 5'),
    });
  });

  test('An illegal name beside legal ones is a negative test, and no fault', async () => {
    const report = await reportOf(refusal('invalid-repository'), delete_('team%2Fapp'), delete_('team$app'));

    expect(report.findings.filter(({ id }) => id === 'names/only-illegal')).toEqual([]);
  });

  test('A consumer that never had a success is not verified, whatever else it met', async () => {
    const report = await reportOf(refusal('tag-not-found'), request());

    expect(exitCodeOf(report, { allowUnverified: true })).toBe(3);
    expect(headlineOf(report)).toBe('Not verified: the consumer never had a success');
    expect(levelsLineOf(report)).toMatch(/^Not verified: base \(\d+ of \d+ cases\)\./);
  });

  test('The preflight of a browser is not a 405 that the consumer met', async () => {
    const headers = { Origin: 'http://app.example', 'Access-Control-Request-Method': 'DELETE' };
    const report = await reportOf(refusal('method-not-allowed'), requestText(`OPTIONS ${path('v1')}`, headers));

    expect(report.findings.filter(({ status }) => status === '405')).toEqual([]);
    expect(report.notes?.join()).toContain('1 CORS preflight not judged');
  });

  test('A curl line goes to the upstream, whatever host an absolute-form target names: the token goes there', async () => {
    const provider = later(await startAnswering(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')));
    const check = await startCheck(provider.url);
    const target = `http://elsewhere.example${path('v1')}`;
    await exchange(check.url, requestText(`DELETE ${target}`, { 'X-Auth-Token': TOKEN }));
    const { findings } = await check.end();

    const lines = findings.flatMap(({ violations }) => violations.map((one) => one.exchange?.curl ?? ''));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(line).toContain(`${provider.url}${path('v1')}`);
      expect(line).not.toContain('elsewhere.example');
    }
  });
});

describe('a right provider', () => {
  test('every case of the table, against the server: no violation, and every cause met', async () => {
    const totals: Report[] = [];
    for (const given of [undefined, 'throttled', 'storage-failure', 'authentication-unavailable'] as const) {
      const store = new MemoryStore(...images);
      if (given === 'storage-failure') store.failure = new Error('the disk is gone');
      const limit = {
        requestsPerMinute: given === 'throttled' ? 1 : 0,
        checks: given === 'authentication-unavailable' ? brokenChecks : undefined,
      };
      const server = later(await startServer({ store, protectedTags, ...limit }));
      const check = await startCheck(server.url);
      for (const one of cases.filter((each) => each.given === given)) {
        const text = requestText(`DELETE ${one.path}`, one.headers);
        if (given === 'throttled') await ask(check.url, text);
        await ask(check.url, text);
      }
      totals.push(await check.end());
    }
    expect(totals.flatMap(violationsOf)).toEqual([]);
    const met = new Set(
      totals.flatMap(({ findings }) => findings.filter((one) => one.verdict === 'verified').map((one) => one.cause)),
    );
    expect([...causesOfOperation, 'success'].filter((cause) => !met.has(cause))).toEqual([]);
  });

  test('every cause that the mock is asked for by Prefer or by a tag’s name', async () => {
    const mock = later(await startMock());
    const check = await startCheck(mock.url);
    for (const { name } of examples) {
      await ask(check.url, request('v1', { 'X-Auth-Token': 'any', Prefer: `example=${name}` }));
      await ask(check.url, request(`mock-${name}`));
    }
    await ask(check.url, request('v9'));
    const report = await check.end();
    expect(violationsOf(report)).toEqual([]);
    expect(report.findings.filter(({ verdict }) => verdict !== 'verified')).toEqual([]);
  });

  test('this project’s client, retries and all', async () => {
    const mock = later(await startMock());
    const check = await startCheck(mock.url);
    const client = createTagClient({ baseUrl: check.url, token: 'any' });
    await client.deleteTag({ namespace: 'group', repository: 'team/app', tag: 'v1' });
    await expect(
      client.deleteTag({ namespace: 'group', repository: 'team/app', tag: 'mock-tag-not-found' }),
    ).rejects.toThrow();
    const signed = createTagClient({ baseUrl: check.url, accessKey: 'AK', secretKey: 'SK' });
    await signed.deleteTag({ namespace: 'group', repository: 'busybox', tag: 'v2' });
    const report = await check.end();
    expect(violationsOf(report)).toEqual([]);
    expect(findingOf(report, 'success').title).toBe('done (met 2 times)');
    expect(findingOf(report, 'tag-not-found').verdict).toBe('verified');
  });

  test('real curl', async () => {
    const server = later(await startServer({ store: new MemoryStore(...images) }));
    const check = await startCheck(server.url);
    const url = `${check.url}${path('v1')}`;
    expect(await run('curl', '-sS', '-i', '-X', 'DELETE', '-H', `X-Auth-Token: ${TOKEN}`, url)).toMatch(
      /^HTTP\/1.1 204/,
    );
    expect(await run('curl', '-sS', '-I', url)).toMatch(/^HTTP\/1.1 405/);
    const report = await check.end();
    expect(violationsOf(report)).toEqual([]);
    expect(findingOf(report, 'success').verdict).toBe('verified');
  });

  test('what the consumer never met is not verified, and what is outside the operation is not asked for', async () => {
    const report = await reportOf(DELETED, request());
    expect(findingOf(report, 'throttled')).toMatchObject({ status: '429', verdict: 'not-verified' });
    expect(report.findings.map(({ cause }) => cause).sort()).toEqual([...causesOfOperation, 'success'].sort());
  });

  test('a pipeline on one connection: each answer is judged with its own request', async () => {
    const server = later(await startServer({ store: new MemoryStore(...images) }));
    const check = await startCheck(server.url);
    const open = (tag: string) => request(tag, { 'X-Auth-Token': TOKEN, Connection: 'keep-alive' });
    await exchange(check.url, [open('v1'), open('.v1'), open('v1'), request('nope')].join(''));
    const report = await check.end();
    expect(violationsOf(report)).toEqual([]);
    expect(report.requests).toBe(4);
    expect(findingOf(report, 'tag-not-found').title).toContain('met 2 times');
    expect(findingOf(report, 'invalid-tag').verdict).toBe('verified');
  });
});

describe('a provider with a base path', () => {
  const underBase = (base: string) => requestText(`DELETE ${base}${path('v1')}`, { 'X-Auth-Token': TOKEN });

  async function checkUnder(base: string, text: string) {
    const provider = later(await startAnswering(DELETED));
    const check = await startCheck(`${provider.url}${base}`);
    await exchange(check.url, text);
    return { check, report: await check.end(), received: provider.received().toString('latin1') };
  }

  test('is judged without it, and gets every byte of it', async () => {
    const text = underBase('/swr/api');
    const { check, report, received } = await checkUnder('/swr/api', text);
    expect(violationsOf(report)).toEqual([]);
    expect(findingOf(report, 'success').verdict).toBe('verified');
    expect(received).toBe(text);
    expect([check.url, report.target].every((url) => url.endsWith('/swr/api'))).toBe(true);
  });

  test.each(['', '/swr/apiary', '/other'])('a request below %o instead is no request of the contract', async (base) => {
    const { report } = await checkUnder('/swr/api', underBase(base));
    expect(violationsOf(report).join()).toContain('consumer: The contract has no such path.');
  });
});

describe('the fault of both sides: a request that breaks the contract, and is accepted', () => {
  test.each([
    [
      'an illegal tag',
      request('.v1'),
      '400 invalid-tag',
      'The parameter tag breaks its pattern, its length or its encoding. (tag: ".v1")',
    ],
    [
      'a malformed escape',
      request('%zz'),
      '400 invalid-tag',
      'The parameter tag breaks its pattern, its length or its encoding. (tag: "%zz")',
    ],
    ['no credentials', request('v1', {}), '401 missing-credentials', 'The request has no credentials'],
    [
      'a token and a signature',
      request('v1', { 'X-Auth-Token': TOKEN, Authorization: 'SDK-HMAC-SHA256 Access=a, SignedHeaders=b, Signature=c' }),
      '401 ambiguous-credentials',
      'The request has both a token and a signature: it must have only one.',
    ],
    [
      'a token that is sent twice',
      request('v1', { 'X-Auth-Token': `${TOKEN}\r\nX-Auth-Token: ${TOKEN}` }),
      '401 unknown-token',
      'The request has more than one X-Auth-Token.',
    ],
    [
      'a token that is too long',
      request('v1', { 'X-Auth-Token': 'a'.repeat(8_193) }),
      '401 unknown-token',
      'The X-Auth-Token is longer than 8192 characters.',
    ],
    [
      'a query',
      request('v1?force=true'),
      '400 unknown-query-parameter',
      'does not declare this query parameter. (query: "force")',
    ],
    [
      'another method',
      requestText(`GET ${path('v1')}`),
      '405 method-not-allowed',
      'The path does not have the method; it has DELETE. (method: "GET")',
    ],
    ['another path', requestText('DELETE /nope'), '404 api-not-found', 'no such path'],
    [
      'two Hosts',
      request('v1', { 'X-Auth-Token': TOKEN, host: 'other' }),
      '400 malformed-request',
      'more than one Host',
    ],
    [
      'a header that is none',
      request('v1', { 'X-Auth-Token': TOKEN, 'a b': '1' }),
      '400 malformed-request',
      'a header line is invalid',
    ],
  ])('%s', async (_, text, wanted, why) => {
    const found = violationsOf(await reportOf(DELETED, text));
    expect(found.filter((one) => one.includes(': consumer: ') && one.includes(why))).toHaveLength(1);
    expect(
      found.filter((one) => one.includes(': provider: ') && one.includes(`is answered 204; it must be ${wanted}.`)),
    ).toHaveLength(1);
  });
});

describe('the fault of the provider', () => {
  test.each([
    [
      'a 204 with a body',
      `HTTP/1.1 204 No Content\r\n${ID}Content-Length: 2\r\n\r\n{}`,
      request(),
      /A 204 must not have Content-Length|A 204 has no content, and bytes follow it/,
    ],
    ['bytes after the answer', `${refusal('tag-not-found')}stray`, request(), /Bytes follow .*\(5 bytes\)/],
    [
      'a status that is not declared',
      `HTTP/1.1 409 Conflict\r\n${ID}Content-Length: 0\r\n\r\n`,
      request(),
      /The status 409 is not declared/,
    ],
    ['no X-Request-Id', 'HTTP/1.1 204 No Content\r\n\r\n', request(), /X-Request-Id is missing/],
    ['no Retry-After', refusal('throttled'), request(), /Retry-After is missing/],
    [
      'a right request refused',
      refusal('invalid-tag'),
      request(),
      /keeps the contract but is refused: 400 invalid-tag/,
    ],
    ['the path not found', refusal('api-not-found'), request(), /keeps the contract but is refused: 404 api-not-found/],
    [
      'refused for something else',
      refusal('invalid-namespace'),
      request('.v1'),
      /answered 400 invalid-namespace; it must be 400 invalid-tag/,
    ],
    [
      'refused with another status',
      refusal('tag-not-found'),
      request('.v1'),
      /answered 404 tag-not-found; it must be 400 invalid-tag/,
    ],
    ['400 before 401', refusal('invalid-tag'), request('.v1', {}), /answered 400 invalid-tag; it must be 401/],
    [
      'a failure instead of a refusal',
      refusal('storage-failure'),
      request('%zz'),
      /answered 500 storage-failure; it must be 400/,
    ],
    ['no answer at all', '', request(), /closed without an answer/],
    ['half an answer', refusal('tag-not-found').slice(0, -5), request(), /ended before the answer did/],
    ['no HTTP', 'SSH-2.0-OpenSSH_9\r\n', request(), /does not begin with HTTP/],
    [
      'a chunk that is none',
      `HTTP/1.1 404 x\r\n${ID}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      request(),
      /the size of a chunk is not a hexadecimal number/,
    ],
    [
      'a length that is none',
      `HTTP/1.1 404 x\r\n${ID}Content-Length: 1, 2\r\n\r\n`,
      request(),
      /the Content-Length is /,
    ],
  ])('%s', async (_, answer, text, message) => {
    const report = await reportOf(answer, text);
    expect(violationsOf(report).join('\n')).toMatch(message);
    expect(violationsOf(report).filter((one) => !one.includes(': provider: '))).toEqual([]);
  });

  test('an answer that nobody asked for', async () => {
    const provider = later(await startScripted((socket) => void socket.end(DELETED)));
    const check = await startCheck(provider.url);
    await exchange(check.url, '');
    expect(violationsOf(await check.end()).join()).toContain('no request had asked for');
  });
});

describe('nobody’s fault', () => {
  test.each([
    ['an interim answer before the answer', `HTTP/1.1 100 Continue\r\n\r\n${DELETED}`, request()],
    [
      'the absolute form of a target',
      DELETED,
      requestText(`DELETE http://localhost${path('v1')}`, { 'X-Auth-Token': TOKEN }),
    ],
    ['an illegal tag that is refused for it', refusal('invalid-tag'), request('.v1')],
    [
      'an illegal tag of an unknown caller',
      refusal('unknown-token', 'WWW-Authenticate: SDK-HMAC-SHA256\r\n'),
      request('.v1'),
    ],
    ['no credentials, refused for it', refusal('missing-credentials'), request('v1', {})],
    ['no HTTP, refused for it', refusal('malformed-request'), 'nonsense\r\n\r\n'],
    ['a head that never ends, and is refused', refusal('request-timeout'), 'DELETE / HTTP/1.1\r\nHost'],
    ['an idle connection that ends', refusal('request-timeout'), ''],
  ])('%s', async (title, answer, text) => {
    const provider = later(
      title.startsWith('an idle')
        ? await startScripted((socket) => void socket.end(answer))
        : await startAnswering(answer),
    );
    const check = await startCheck(provider.url);
    await exchange(check.url, text);
    expect(violationsOf(await check.end())).toEqual([]);
  });

  test('a used connection that the provider closes as the next request comes', async () => {
    const provider = later(
      await startScripted((socket) => {
        socket.once('data', () => {
          socket.write(DELETED);
          socket.once('data', () => socket.end());
        });
      }),
    );
    const check = await startCheck(provider.url);
    const socket = connect(Number(new URL(check.url).port), '127.0.0.1');
    socket.write(request());
    await once(socket, 'data');
    socket.write(request());
    await once(socket, 'close');
    const report = await check.end();
    expect(report.requests).toBe(2);
    expect(violationsOf(report)).toEqual([]);
  });

  test.each([
    ['of a known length', refusal('tag-not-found').slice(0, -5)],
    [
      'that ends with the connection',
      refusal('tag-not-found')
        .replace(/Content-Length.*\r\n/, '')
        .slice(0, -5),
    ],
  ])('a consumer that goes away within an answer %s', async (_, half) => {
    const provider = later(await startScripted((socket) => void socket.once('data', () => socket.write(half))));
    const check = await startCheck(provider.url);
    expect(await exchange(check.url, request(), 200)).toBe(half);
    expect(violationsOf(await check.end())).toEqual([]);
  });

  test('a consumer that goes away before its answer', async () => {
    const provider = later(await startScripted(() => undefined));
    const check = await startCheck(provider.url);
    await exchange(check.url, request(), 100);
    const report = await check.end();
    expect(violationsOf(report)).toEqual([]);
    expect(report.notes?.join()).toContain('1 exchange could not be judged');
  });
});

describe('memory has its bounds', () => {
  test('what is alike is counted, what differs is listed up to a bound', async () => {
    const same = Array.from({ length: 30 }, () => request());
    const [violation, ...others] = findingOf(
      await reportOf('HTTP/1.1 204 No Content\r\n\r\n', ...same),
      'success',
    ).violations;
    expect(others).toEqual([]);
    expect(violation?.times).toBe(30);
    const faults = Array.from({ length: 30 }, (_, index) => request(`.v${index}`));
    const { violations } = findingOf(await reportOf(DELETED, ...faults), 'success');
    expect(violations.map(({ party, times, found }) => [party, times, found])).toEqual([
      ['consumer', 30, 'tag: ".v0"'],
      ['provider', 30, 'tag: ".v0"'],
    ]);
    const body = JSON.stringify(Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`x${index}`, 1])));
    const head = `HTTP/1.1 429 x\r\n${ID}Retry-After: 1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
    const provider = later(await startAnswering(`${head}\r\n\r\n${body}`));
    const check = await startCheck(provider.url, ({ components }) => {
      components.schemas.Error.additionalProperties = false;
    });
    await exchange(check.url, request());
    const report = await check.end();
    expect(findingOf(report, 'throttled').violations).toHaveLength(20);
    expect(report.notes?.join()).toMatch(/\d+ more violations of deleteRepoTag\/429\/throttled not listed\./);
  });

  test('a huge answer passes, is cut in the report, and is not judged by half of it', async () => {
    const body = 'a'.repeat(3 * 1024 * 1024);
    const report = await reportOf(`HTTP/1.1 404 x\r\n${ID}Content-Length: ${body.length}\r\n\r\n${body}`, request());
    expect(violationsOf(report)).toEqual([]);
    expect(report.notes?.join()).toContain('too long');
  });

  test('a head without end is no request, and 70 kB of it are enough', async () => {
    const report = await reportOf(refusal('headers-too-large'), `DELETE / HTTP/1.1\r\nX: ${'a'.repeat(70_000)}`);
    expect(violationsOf(report)).toEqual([]);
    const accepted = await reportOf(DELETED, `DELETE / HTTP/1.1\r\nX: ${'a'.repeat(70_000)}`);
    expect(violationsOf(accepted).join()).toContain('its head is larger than 65536 bytes');
    expect(JSON.stringify(accepted).length).toBeLessThan(300_000);
  });
});
