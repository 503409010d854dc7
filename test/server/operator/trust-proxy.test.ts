// TRUST_PROXY: which address the audit trail names. A caller must not be able to choose it.
import { afterEach, expect, test } from 'vitest';
import { trustProxy } from '../../../server/operator/trust-proxy.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { ask, requestText } from '../../support/wire.ts';

let server: TestServer | undefined;
afterEach(() => server?.close());

/** Sends a request from 127.0.0.1. @returns its address in the log */
async function loggedAddress(trust: string | undefined, forwarded: string | undefined): Promise<unknown> {
  const clientAddress = trust === undefined ? undefined : trustProxy.parse(trust);
  server = await startServer({ store: new MemoryStore(), clientAddress });
  await ask(server.url, requestText('GET /', forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded }));
  await expect.poll(() => server?.logged).toHaveLength(1);
  return server.logged[0]?.['remoteAddress'];
}

test.each([
  { trust: undefined, forwarded: '203.0.113.9', logged: '127.0.0.1', why: 'nobody is believed by default' },
  { trust: '1', forwarded: undefined, logged: '127.0.0.1', why: 'the proxy has said nothing' },
  { trust: '1', forwarded: '203.0.113.9', logged: '203.0.113.9', why: 'the one proxy has said so' },
  {
    trust: '1',
    forwarded: '198.51.100.7, 203.0.113.9',
    logged: '203.0.113.9',
    why: 'the caller has made up the first',
  },
  { trust: '2', forwarded: '198.51.100.7, 203.0.113.9', logged: '198.51.100.7', why: 'there are two proxies' },
  { trust: '1', forwarded: '2001:db8::7', logged: '2001:db8::7', why: 'IPv6 is an address, too' },
  { trust: '1', forwarded: 'admin"} forged', logged: '127.0.0.1', why: 'what is no address is not believed' },
  { trust: '2', forwarded: 'nonsense, 203.0.113.9', logged: '203.0.113.9', why: 'what is no address ends the way' },
  {
    trust: '3',
    forwarded: '192.0.2.1, nonsense, 203.0.113.9',
    logged: '203.0.113.9',
    why: 'nor is what comes after it',
  },
  { trust: 'loopback', forwarded: '203.0.113.9', logged: '203.0.113.9', why: 'the connection comes from loopback' },
  { trust: '10.0.0.0/8', forwarded: '203.0.113.9', logged: '127.0.0.1', why: 'the connection comes from elsewhere' },
  {
    trust: '127.0.0.0/8, 10.0.0.0/8',
    forwarded: '198.51.100.7, 203.0.113.9, 10.1.2.3',
    logged: '203.0.113.9',
    why: 'the first address outside of the networks is the caller',
  },
  { trust: '127.0.0.1 10.0.0.1', forwarded: '10.0.0.1', logged: '10.0.0.1', why: 'a proxy asks for itself' },
])('With TRUST_PROXY=$trust, X-Forwarded-For: $forwarded is logged as $logged: $why', async (row) => {
  expect(await loggedAddress(row.trust, row.forwarded)).toBe(row.logged);
});

test.each(['true', '0', '10', '-1', '10.0.0.0/33', '10.0.0.0/8,,', 'proxy.example', '*'])(
  'TRUST_PROXY=%s is refused with what is allowed, so that a mistake does not make every caller believed',
  (value) => {
    const { error } = trustProxy.safeParse(value);
    expect(error?.issues.map(({ message }) => message)).toEqual([
      'must be the number of proxies in front, from 1 to 9, or their networks, such as 10.0.0.0/8,fd00::/8 or loopback',
    ]);
  },
);
