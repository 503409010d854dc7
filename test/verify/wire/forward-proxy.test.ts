// The checks behind a real forward proxy: every byte still arrives as it was sent.
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { endpointOf, exchange, NotConnected } from '../../../verify/wire/exchange.ts';
import { proxyOf } from '../../../verify/wire/forward-proxy.ts';
import { builtModule } from '../../support/built.ts';
import { privatelySigned } from '../../support/certificates.ts';
import { runProcess } from '../../support/command.ts';
import { type ForwardProxy, startForwardProxy } from '../../support/forward-proxy.ts';
import { temporaryDirectory } from '../../support/programs.ts';
import { inTlsFrontOf } from '../../support/tls.ts';
import { exchange as exchangeBytes } from '../../support/wire.ts';
import { type ScriptedProvider, startAnswering, startCheck } from '../consumer/start-consumer-check.ts';

const ANSWER = 'HTTP/1.1 204 No Content\r\nx-ID: a\r\n\r\n';
/** Illegal in three ways: a proxy that reads it would change or refuse it. */
const BYTES = Buffer.from('DELETE /%zz/\xff HTTP/1.1\r\nhOST: x\r\nno header\r\n\r\n', 'latin1');

let provider: ScriptedProvider;
let proxy: ForwardProxy;
beforeEach(async () => {
  provider = await startAnswering(ANSWER);
  proxy = await startForwardProxy();
});
afterEach(async () => {
  await proxy.stop();
  await provider.close();
});

describe('The provider check', () => {
  const bounds = { timeoutMs: 10_000, signal: undefined };
  const send = (url: string, env: NodeJS.ProcessEnv) =>
    exchange(endpointOf(new URL(url), env), [{ method: 'DELETE', bytes: BYTES }], bounds);

  test('sends its bytes through a tunnel, for http too', async () => {
    const [received] = await send(provider.url, { HTTP_PROXY: proxy.url });
    expect(received?.answer).toMatchObject({ status: 204, headers: [['x-ID', 'a']] });
    expect(provider.received()).toEqual(BYTES);
    expect(proxy.requests()).toEqual([`CONNECT ${new URL(provider.url).host}`]);
  });

  test('speaks TLS with the provider through the tunnel, and only if it knows the authority', async () => {
    const directory = await temporaryDirectory();
    onTestFinished(directory.remove);
    const certificate = await privatelySigned(directory.path);
    const front = await inTlsFrontOf(provider.url, certificate);
    onTestFinished(front.close);
    await expect(send(front.url, { HTTPS_PROXY: proxy.url })).rejects.toThrow('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(provider.received().length).toBe(0);
    // Node reads further authorities when it starts.
    const program = `
      import { endpointOf, exchange } from ${JSON.stringify(builtModule('verify/wire/exchange.ts'))};
      const request = { method: 'DELETE', bytes: Buffer.from(${JSON.stringify(BYTES.toString('latin1'))}, 'latin1') };
      const [received] = await exchange(endpointOf(new URL(${JSON.stringify(front.url)})), [request], { timeoutMs: 10_000 });
      console.log(received.answer.status);`;
    const env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: certificate.authority };
    const run = await runProcess(process.execPath, ['--input-type=module', '-e', program], { env });
    expect(run).toEqual({ code: 0, stdout: '204\n', stderr: '' });
    expect(provider.received()).toEqual(BYTES);
    expect(new Set(proxy.requests())).toEqual(new Set([`CONNECT ${new URL(front.url).host}`]));
  });

  test('says which proxy refuses the tunnel, and with which status', async () => {
    const strict = await startForwardProxy({ connectPort: 443 });
    onTestFinished(() => strict.stop());
    const sent = send(provider.url, { HTTP_PROXY: strict.url });
    const { host } = new URL(provider.url);
    await expect(sent).rejects.toThrow(`the proxy ${new URL(strict.url).host} answered CONNECT ${host} with 403`);
    await expect(sent).rejects.toBeInstanceOf(NotConnected);
  });

  test('logs in at the proxy with the user of its URL', async () => {
    const strict = await startForwardProxy({ login: { username: 'ann', password: 'secret' } });
    onTestFinished(() => strict.stop());
    await expect(send(provider.url, { HTTP_PROXY: strict.url })).rejects.toThrow('with 407');
    const url = Object.assign(new URL(strict.url), { username: 'ann', password: 'secret' }).href;
    expect((await send(provider.url, { HTTP_PROXY: url }))[0]?.answer?.status).toBe(204);
  });

  test('names a proxy that is gone', async () => {
    await proxy.stop();
    await expect(send(provider.url, { HTTP_PROXY: proxy.url })).rejects.toThrow(
      `the proxy ${new URL(proxy.url).host}: connect ECONNREFUSED`,
    );
  });
});

describe('The consumer check', () => {
  const startBehind = async (url: string) => {
    vi.stubEnv('HTTP_PROXY', url);
    const check = await startCheck(provider.url).finally(() => vi.unstubAllEnvs());
    onTestFinished(async () => void (await check.end()));
    return check;
  };

  test('passes every byte on through a tunnel', async () => {
    const check = await startBehind(proxy.url);
    expect(await exchangeBytes(check.url, BYTES)).toBe(ANSWER);
    expect(provider.received()).toEqual(BYTES);
    expect(proxy.requests()).toEqual([`CONNECT ${new URL(provider.url).host}`]);
  });

  test('tells of a proxy that refuses the tunnel, and resets the consumer', async () => {
    const strict = await startForwardProxy({ connectPort: 443 });
    onTestFinished(() => strict.stop());
    const check = await startBehind(strict.url);
    await exchangeBytes(check.url, BYTES).catch(() => undefined);
    await expect
      .poll(() => check.troubles)
      .toEqual([expect.stringMatching(/cannot be reached: the proxy .* with 403$/)]);
  });
});

describe('The proxy for a URL', () => {
  const env = { HTTP_PROXY: 'http://h.example:1', https_proxy: 's.example:2' };
  test.each([
    ['http://a.example', env, 'http://h.example:1/'],
    ['https://a.example', env, 'http://s.example:2/'],
    ['https://a.example', { HTTP_PROXY: 'http://h.example:1' }, 'http://h.example:1/'],
    ['http://a.example', { HTTPS_PROXY: 'http://s.example:2' }, undefined],
    ['http://a.example', { ...env, http_proxy: '' }, undefined],
    ['http://a.example', { ...env, NO_PROXY: '*' }, undefined],
    ['http://a.example', { ...env, NO_PROXY: 'b.example, A.example' }, undefined],
    ['http://b.a.example', { ...env, NO_PROXY: '.a.example' }, undefined],
    ['http://ba.example', { ...env, NO_PROXY: 'a.example' }, 'http://h.example:1/'],
    ['http://a.example', { ...env, no_proxy: 'a.example:80' }, undefined],
    ['http://a.example:81', { ...env, no_proxy: 'a.example:80' }, 'http://h.example:1/'],
    ['http://[::1]:8080', { ...env, no_proxy: '[::1]' }, undefined],
    ['http://[::1]:8080', { ...env, no_proxy: '::1' }, undefined],
  ])('%s with %o is %s', (url, variables, expected) => {
    expect(proxyOf(new URL(url), variables)?.href).toBe(expected);
  });

  test('is refused if it is not a URL of http or https, without its password', () => {
    expect(() => proxyOf(new URL('http://a.example'), { HTTP_PROXY: 'ftp://u:SECRET@h' })).toThrow(
      /^HTTP_PROXY must be a URL such as http:\/\/proxy\.example:3128$/,
    );
  });
});
