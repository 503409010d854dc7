// TRUST_PROXY: whose X-Forwarded-For is believed. Any caller can send that header, so by default nobody's.
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import proxyAddr from 'proxy-addr';
import { z } from 'zod';

/** The address of a request's client, for the log. */
export type ClientAddress = (request: IncomingMessage) => string | undefined;

/** The other end of the connection: the client, or the proxy in front. */
export const peerAddress: ClientAddress = ({ socket }) => socket.remoteAddress;

const EXPECTED =
  'must be the number of proxies in front, from 1 to 9, or their networks, such as 10.0.0.0/8,fd00::/8 or loopback';

/**
 * Reads the setting. The addresses in X-Forwarded-For are followed from the last one, which the nearest proxy added, for
 * as long as each belongs to a trusted proxy. The first that does not is the client's; what is no address ends the way.
 */
export const trustProxy = z.string().transform((value, context): ClientAddress => {
  const trust = readTrust(value.trim());
  if (trust === undefined) {
    context.addIssue({ code: 'custom', message: EXPECTED });
    return z.NEVER;
  }
  return (request) => proxyAddr.all(request, trust).findLast((address) => address && isIP(address) !== 0);
});

type Trust = (address: string, hop: number) => boolean;

function readTrust(value: string): Trust | undefined {
  if (/^[1-9]$/.test(value)) return (address, hop) => isIP(address) !== 0 && hop < Number(value);
  const networks = value.split(/[\s,]+/);
  // The library also takes `0` and `10` for addresses.
  if (!networks.every((network) => network === 'loopback' || isIP(network.replace(/\/.*/, '')) !== 0)) return undefined;
  try {
    return proxyAddr.compile(networks);
  } catch {
    return undefined;
  }
}
