// A token service for a registry, by the distribution project's token specification ("Docker Registry v2 authentication via
// central service"): it checks a name and a password, and signs what the caller may do.
import { createPrivateKey, type KeyObject, randomUUID, sign, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { selfSigned } from './certificates.ts';
import { CREDENTIALS } from './registry.ts';

const SERVICE = 'test-registry';
const ISSUER = 'test-issuer';

interface Behaviour {
  /** Seconds that a token claims to be valid. */
  expiresIn: number;
  /** Seconds by which its claims are out of date. The registry tolerates 60. */
  staleBy: number;
  /** Whether `delete` is granted, left out of the token, or refused with 400, as by some services that grant it only for `*`. */
  plainDelete: 'granted' | 'withheld' | 'refused';
  /** Whether the scope `*` gives every right, or none, as with a registry that takes it for a name (zot). */
  star: 'all' | 'none';
}

/** A running token server. Its behaviour may be changed at any time. */
export interface TokenServer extends Behaviour {
  /** The part of a registry's configuration that makes it trust this service. */
  readonly registryAuth: object;
  /** The scopes of all requests, refused ones too, in order. */
  readonly scopes: readonly (readonly string[])[];
  /** The number of requests without a valid name and password. */
  readonly refusals: number;
  close(): Promise<void>;
}

/** Starts a token server on a free port of loopback. @param directory takes its key and certificate */
export async function startTokenServer(directory: string, behaviour: Partial<Behaviour> = {}): Promise<TokenServer> {
  const files = await selfSigned(`${directory}/token`, ISSUER);
  const key = createPrivateKey(await readFile(files.key));
  const chain = [new X509Certificate(await readFile(files.certificate)).raw.toString('base64')];
  const scopes: string[][] = [];
  const http = createServer((request, response) => answer(request, response));
  await once(http.listen(0, '127.0.0.1'), 'listening');
  const realm = `http://127.0.0.1:${(http.address() as AddressInfo).port}/token`;
  const server = {
    expiresIn: 300,
    staleBy: 0,
    plainDelete: 'granted' as Behaviour['plainDelete'],
    star: 'all' as Behaviour['star'],
    ...behaviour,
    registryAuth: { token: { realm, service: SERVICE, issuer: ISSUER, rootcertbundle: files.certificate } },
    scopes,
    refusals: 0,
    close: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { searchParams } = new URL(request.url ?? '', realm);
    // A request may have several scopes: in several parameters, or in one, separated by spaces.
    const asked = searchParams.getAll('scope').flatMap((scope) => scope.split(' '));
    scopes.push(asked);
    if (request.headers.authorization !== CREDENTIALS.header || searchParams.get('service') !== SERVICE) {
      server.refusals += 1;
      send(response, 401, { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] });
      return;
    }
    const wanted = asked.map(parseScope);
    if (server.plainDelete === 'refused' && wanted.some(({ actions }) => actions.includes('delete'))) {
      send(response, 400, { errors: [{ code: 'DENIED', message: 'invalid scope' }] });
      return;
    }
    const given = wanted.map((access) => ({
      ...access,
      actions: access.actions.filter((action) =>
        action === 'delete' ? server.plainDelete === 'granted' : action !== '*' || server.star === 'all',
      ),
    }));
    const token = signed(key, { alg: 'RS256', typ: 'JWT', x5c: chain }, claims(given, server));
    send(response, 200, { token, expires_in: server.expiresIn, issued_at: new Date().toISOString() });
  }
  return server;
}

interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

function parseScope(scope: string): Access {
  const [type = '', name = '', actions = ''] = scope.split(':');
  return { type, name, actions: actions.split(',') };
}

function claims(access: readonly Access[], { expiresIn, staleBy }: Behaviour): object {
  const now = Math.floor(Date.now() / 1_000) - staleBy;
  // With sub-minute lifetimes the clocks are the same, so that not-before needs no allowance.
  return {
    iss: ISSUER,
    sub: CREDENTIALS.username,
    aud: SERVICE,
    iat: now,
    nbf: now,
    exp: now + (staleBy > 0 ? 0 : expiresIn),
    jti: randomUUID(),
    access,
  };
}

/** A JSON Web Token (RFC 7519) signed with RS256 (RFC 7518, 3.3). */
function signed(key: KeyObject, header: object, payload: object): string {
  const text = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
