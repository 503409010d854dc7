// Requests that are almost right, and random bytes: what strangers and broken programs send.
import type { AccessKeyPair } from '../../../signature/sign.ts';
import { signingHeaders } from '../../../signature/sign.ts';
import type { Random } from '../../support/random.ts';
import { requestText } from '../../support/wire.ts';

/** The caller of the requests, and the tags to delete. */
export interface Origin {
  readonly token: string;
  readonly keys: AccessKeyPair;
  readonly tags: readonly string[];
}

const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PRI',
  'M-SEARCH',
  'delete',
  'DELETE\t',
  '',
];
/** Text put into the middle of something; each has crashed a server somewhere. */
const NASTY = [
  ...['%zz', '%', '%C3%28', '%00', '%2F', '%24', '%2e%2e', '\0', '\x7f', '\xff', 'ä', '..', '//', '\\', '?', '#', '$'],
  ...[
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    '\t',
    ' ',
    ':',
    ';',
    ',',
    '"',
    "'",
    '{',
    '*',
    'http://',
    '__proto__',
    'constructor',
  ],
  'x'.repeat(129),
];
const HEADERS = [
  ...[
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'Connection',
    'Expect',
    'Upgrade',
    'Content-Type',
    'Trailer',
    'TE',
  ],
  ...[
    'X-Auth-Token',
    'Authorization',
    'X-Sdk-Date',
    'X-Sdk-Content-Sha256',
    'X-Request-Id',
    'Content-Encoding',
    '__proto__',
  ],
];
const VALUES = [
  ...[
    '',
    '0',
    '5',
    '-1',
    '+5',
    '5, 5',
    '0x10',
    '99999999999999999999',
    '1000000000',
    '70000',
    'chunked',
    'gzip, chunked',
  ],
  ...[
    'close',
    'keep-alive',
    'upgrade',
    'websocket',
    'h2c',
    '100-continue',
    'miracles',
    'application/json',
    'SDK-HMAC-SHA256',
  ],
  ...['SDK-HMAC-SHA256 Access=, SignedHeaders=, Signature=', 'Basic YTpi', 'identity', '20261123T000000Z'],
];

/** What is sent on one connection. */
export interface Sent {
  readonly bytes: Buffer;
  /** The ids that its requests carry. */
  readonly ids: readonly string[];
  /** Answers that must come before the connection ends; undefined if that depends on the mutation. */
  readonly answers: number | undefined;
}

/** Makes what is sent on one connection. */
export function mutatedRequests(random: Random, origin: Origin): Sent {
  const ids: string[] = [];
  /** Whether every request so far is one that a server has to answer, and to read on behind. */
  let isWhole = true;
  const one = <T>(list: readonly T[]) => list[random(list.length)] as T;
  const chance = (of: number) => random(of) === 0;
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => random(256)));

  const name = (usual: string) => {
    const at = random(usual.length + 1);
    if (!chance(8)) return usual;
    isWhole = false;
    return usual.slice(0, at) + one(NASTY) + usual.slice(at);
  };
  const target = () => {
    const path = `/v2/manage/namespaces/${name('group')}/repos/${name(one(['app', 'app', 'none']))}/tags/${name(one(origin.tags))}`;
    if (chance(20)) {
      isWhole = false;
      const others = [path.toUpperCase(), `${path}/`, path.replace('/v2', '')];
      return one(['*', '/', '', '//', '/v2', 'x:1', 'a://b', 'http://%zz@h/x', '//%zz@h/x#', ...others]);
    }
    return `${chance(20) ? 'http://user:secret@other:1' : ''}${path}${chance(15) ? one(['?', '?a=b', '?tag=x', '?%zz', '#a']) : ''}`;
  };
  const header = () => `${one(HEADERS)}:${one(['', ' ', '\t'])}${chance(3) ? name(one(NASTY)) : one(VALUES)}\r\n`;
  const credentials = (method: string, path: string): Record<string, string> => {
    if (chance(10)) return {};
    if (chance(3)) return signed(method, path, origin.keys);
    return { 'X-Auth-Token': chance(20) ? name(origin.token) : origin.token };
  };
  const body = () =>
    one<() => [headers: Record<string, string>, content: string]>([
      () => [{ 'Content-Length': '5' }, '12345'],
      () => [{ 'Content-Length': '70000' }, 'x'.repeat(70_000)],
      () => [{ 'Transfer-Encoding': 'chunked' }, '5\r\n12345\r\n0\r\n\r\n'],
      () => [
        { 'Transfer-Encoding': 'chunked' },
        `${one(['-5', 'zz', 'ffffffffffffffff', '5;a=b', ''])}\r\n12345\r\n0\r\n\r\n`,
      ],
      () => [{ 'Transfer-Encoding': 'chunked' }, `11170\r\n${'x'.repeat(70_000)}\r\n0\r\n\r\n`],
      () => [{ 'Content-Length': '5', 'Transfer-Encoding': 'chunked' }, '0\r\n\r\n'],
    ])();
  const request = () => {
    const method = chance(10) ? one(METHODS) : 'DELETE';
    const path = target();
    const [framing, content] = chance(6) ? body() : [{}, ''];
    const more = chance(4) ? Array.from({ length: 1 + random(3) }, header).join('') : '';
    const large = chance(60) ? `X-Large: ${'x'.repeat(random(60_000))}\r\n` : '';
    if (method !== 'DELETE' || content + more + large !== '') isWhole = false;
    const id = `fault-${random(2 ** 32).toString(16)}-${random(2 ** 32).toString(16)}`;
    ids.push(id);
    const head = requestText(`${method} ${path}`, {
      Connection: 'keep-alive',
      'X-Request-Id': id,
      ...credentials(method, path),
      ...framing,
    });
    return `${head.slice(0, -2)}${more}${large}\r\n${content}`;
  };

  if (chance(20)) return { bytes: bytes(1 + random(2_000)), ids, answers: undefined };
  const sent = Buffer.from(Array.from({ length: 1 + random(3) }, request).join(''), 'latin1');
  const isFlipped = chance(10);
  if (isFlipped) for (let times = 0; times < 5; times += 1) sent[random(sent.length)] = random(256);
  if (chance(20)) return { bytes: sent.subarray(0, 1 + random(sent.length)), ids, answers: undefined };
  // The connection ends at once, unless something before has made another meaning of this.
  return {
    bytes: Buffer.concat([sent, Buffer.from(requestText('DELETE /'))]),
    ids,
    answers: isWhole && !isFlipped ? ids.length + 1 : undefined,
  };
}

/** Signed rightly, where the target can be signed at all. */
function signed(method: string, path: string, keys: AccessKeyPair): Record<string, string> {
  try {
    return signingHeaders(method, new URL(path, 'http://localhost'), keys, new Date());
  } catch {
    return {};
  }
}
