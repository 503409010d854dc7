// The bulk delete and the typed client behind a real forward proxy.
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { CLIENT } from '../../support/built.ts';
import { privatelySigned } from '../../support/certificates.ts';
import { runCommand, runProcess } from '../../support/command.ts';
import { type ForwardProxy, startForwardProxy } from '../../support/forward-proxy.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { temporaryDirectory } from '../../support/programs.ts';
import { startServer, type TestServer, TOKEN } from '../../support/server.ts';
import { inTlsFrontOf } from '../../support/tls.ts';

const PATH = '/v2/manage/namespaces/group/repos/busybox/tags/v1';

let server: TestServer;
let proxy: ForwardProxy;
beforeEach(async () => {
  server = await startServer({ store: new MemoryStore('group/busybox:v1', 'group/busybox:v2') });
  proxy = await startForwardProxy();
});
afterEach(async () => {
  await proxy.stop();
  await server.close();
});

const deleteTag = (env: Record<string, string>, endpoint = server.url) =>
  runCommand(['--endpoint', endpoint, 'group/busybox:v1'], { env: { SWR_TOKEN: TOKEN, ...env } });
const deleted = { code: 0, stdout: 'deleted group/busybox:v1\n' };
/** As curl sends it: in absolute form. */
const throughProxy = () => [`DELETE ${server.url}${PATH}`];

test.each(['HTTP_PROXY', 'http_proxy'])('The command goes through %s', async (name) => {
  expect(await deleteTag({ [name]: proxy.url })).toMatchObject(deleted);
  expect(proxy.requests()).toEqual(throughProxy());
});

test('A proxy is taken without a scheme, as curl takes it', async () => {
  expect(await deleteTag({ HTTP_PROXY: new URL(proxy.url).host })).toMatchObject(deleted);
  expect(proxy.requests()).toEqual(throughProxy());
});

test('NO_PROXY and an empty variable leave the proxy out', async () => {
  expect(await deleteTag({ HTTP_PROXY: proxy.url, NO_PROXY: 'other.example, 127.0.0.1' })).toMatchObject(deleted);
  expect(await deleteTag({ HTTP_PROXY: '' })).toMatchObject({ code: 1, stdout: expect.stringContaining('404') });
  expect(proxy.requests()).toEqual([]);
});

test('https goes through a tunnel of HTTPS_PROXY', async () => {
  const directory = await temporaryDirectory();
  onTestFinished(directory.remove);
  const certificate = await privatelySigned(directory.path);
  const front = await inTlsFrontOf(server.url, certificate);
  onTestFinished(front.close);
  const env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: certificate.authority };
  expect(await deleteTag(env, front.url)).toMatchObject(deleted);
  expect(proxy.requests()).toEqual([`CONNECT ${new URL(front.url).host}`]);
});

test('A proxy that asks for a login gets the one of its URL', async () => {
  const login = { username: 'ann', password: 'secret' };
  const strict = await startForwardProxy({ login });
  onTestFinished(() => strict.stop());
  const url = new URL(strict.url);
  expect(await deleteTag({ HTTP_PROXY: url.href })).toMatchObject({ code: 1, stdout: expect.stringContaining('407') });
  Object.assign(url, login);
  expect(await deleteTag({ HTTP_PROXY: url.href })).toMatchObject(deleted);
});

test.each([
  ['that refuses connections', 'http://user:SECRET@127.0.0.1:1', '127.0.0.1:1', 'ECONNREFUSED'],
  ['without an address', 'http://nonsense.invalid:3128', 'nonsense.invalid:3128', 'nonsense.invalid'],
])('A proxy %s is named, not the provider behind it', async (_, url, host, reason) => {
  const unreachable = (name: string) => `the proxy ${host} (${name}) cannot be reached: `;
  for (const [name, endpoint] of [
    ['HTTP_PROXY', server.url],
    ['HTTPS_PROXY', 'https://127.0.0.1:1'],
  ] as const) {
    const { code, stdout } = await deleteTag({ [name]: url }, endpoint);
    expect(stdout).toContain(unreachable(name));
    expect(stdout).toContain(reason);
    expect(stdout).not.toContain('SECRET');
    expect(code).toBe(1);
  }
  const program = await runProgram('await deleteTag().catch(({ message }) => console.log(message))', url);
  expect(program.stdout).toContain(unreachable('HTTP_PROXY'));
});

test('A provider that cannot be reached is not called a proxy', async () => {
  const endpoint = 'http://127.0.0.1:1';
  const { stdout } = await deleteTag({ HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' }, endpoint);
  expect(stdout).toContain('no answer from 127.0.0.1:1: connect ECONNREFUSED');
});

test('A proxy that is not a URL is refused before anything is sent', async () => {
  const { code, stdout, stderr } = await deleteTag({ HTTP_PROXY: 'ftp://user:SECRET@proxy.example' });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('HTTP_PROXY must be a URL');
  expect(stderr).not.toContain('SECRET');
});

/** Runs a program that uses the package. `deleteTag(fetch?)` deletes the tag with a client and prints the outcome. */
const runProgram = (body: string, proxyUrl = proxy.url) => {
  const program = `
    import { createPooledFetch, createTagClient } from ${JSON.stringify(CLIENT)};
    import { MockAgent, setGlobalDispatcher } from 'undici';
    const deleteTag = async (fetch) => {
      const client = createTagClient({ baseUrl: ${JSON.stringify(server.url)}, token: ${JSON.stringify(TOKEN)}, fetch });
      console.log((await client.deleteTag({ namespace: 'group', repository: 'busybox', tag: 'v1' })).outcome);
    };
    ${body}`;
  return runProcess(process.execPath, ['--input-type=module', '-e', program], { env: { HTTP_PROXY: proxyUrl } });
};

test.each([
  ['by default', 'await deleteTag();'],
  ["after a fetch of the program's own", 'await fetch("data:,"); await deleteTag();'],
  ['with the pooled fetch', 'await deleteTag(createPooledFetch());'],
])('The typed client goes through the proxy %s', async (_, body) => {
  expect(await runProgram(body)).toEqual({ code: 0, stdout: 'deleted\n', stderr: '' });
  expect(proxy.requests()).toEqual(throughProxy());
});

test.each([
  ['the global fetch', 'globalThis.fetch = async () => new Response(null, { status: 204 }); await deleteTag();'],
  ['the fetch option', 'await deleteTag(async () => new Response(null, { status: 204 }));'],
  [
    'the global dispatcher',
    `const agent = new MockAgent();
     agent.disableNetConnect();
     agent.get(${JSON.stringify('ORIGIN')}).intercept({ path: () => true, method: 'DELETE' }).reply(204);
     setGlobalDispatcher(agent);
     await deleteTag();`,
  ],
])('What a program sets for %s is used, and no proxy', async (_, body) => {
  expect(await runProgram(body.replace('ORIGIN', server.url))).toEqual({ code: 0, stdout: 'deleted\n', stderr: '' });
  expect(proxy.requests()).toEqual([]);
  expect(server.logged).toEqual([]);
});

test("The client leaves alone what the program's own fetch sends with", async () => {
  // Node's own undici and the package have different sources.
  const sender = "globalThis[Symbol.for('undici.globalDispatcher.1')]";
  const print = `console.log(typeof before, JSON.stringify(String(${sender}.constructor)));`;
  const program = `
    import { createPooledFetch, createTagClient } from ${JSON.stringify(CLIENT)};
    const options = { baseUrl: ${JSON.stringify(server.url)}, token: ${JSON.stringify(TOKEN)} };
    const clients = [createTagClient({ ...options, fetch: createPooledFetch() }), createTagClient(options)];
    const before = ${sender};
    for (const [at, client] of clients.entries()) {
      await client.deleteTag({ namespace: 'group', repository: 'busybox', tag: 'v' + (at + 1) });
    }
    ${print}`;
  const run = (source: string) => runProcess(process.execPath, ['--input-type=module', '-e', source]);
  const untouched = await run(`const before = ${sender}; new Headers(); ${print}`);
  expect(untouched).toMatchObject({ code: 0, stdout: expect.stringMatching(/^undefined "class/), stderr: '' });
  expect(await run(program)).toEqual(untouched);
});
