// Masks the secrets of the consumer check: those that it sees in requests and answers.
import type { Contract } from '../contract/contract.ts';
import type { HeaderLine } from '../wire/messages.ts';
import { replacing } from './spellings.ts';

/** Headers that carry secrets, even if the contract does not say so. */
const ALWAYS_SECRET = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-auth-token',
  'x-security-token',
];
const SECRET_QUERY = /([?&][^=&#\s]*(?:token|secret|passw|signature|access|credential)[^=&#\s]*=)([^&#\s]+)/gi;
const MASK = '<masked>';
const SIGNED_HEADERS = /SignedHeaders=[^,\s]*/i;
const NO_SECRET = /^(?:SDK-HMAC-SHA256|Basic|Bearer|HttpOnly|Secure|(?:SameSite|Expires|Max-Age|Path|Domain)=.*)$/i;
/** Min characters of a secret. A shorter one would mask unrelated text. */
const MIN_SECRET_LENGTH = 4;
const MAX_SECRETS = 100;

/** Names of the headers to mask, in lower case. */
export const secretHeaders = ({ operations }: Contract): ReadonlySet<string> =>
  new Set([
    ...ALWAYS_SECRET,
    ...operations.flatMap(({ security }) => security.map(({ header }) => header.toLowerCase())),
  ]);

/** The secrets of recent requests: an answer may repeat the secret of an earlier request. */
export class Secrets {
  readonly #names: ReadonlySet<string>;
  readonly #known = new Set<string>();
  #mask: ((text: string) => string) | undefined;

  /** @param names of headers, in lower case */
  constructor(names: ReadonlySet<string>) {
    this.#names = names;
  }

  learn(headers: readonly HeaderLine[]): void {
    const secrets = headers
      .filter(([name]) => this.#names.has(name.toLowerCase()))
      .flatMap(([, value]) => partsOf(value))
      .filter((secret) => secret.length >= MIN_SECRET_LENGTH);
    if (secrets.length > 0) this.#mask = undefined;
    for (const secret of secrets) {
      this.#known.delete(secret);
      this.#known.add(secret);
    }
    for (const oldest of this.#known) {
      if (this.#known.size <= MAX_SECRETS) break;
      this.#known.delete(oldest);
    }
  }

  /** Masks every spelling of the secrets in a text. */
  masked(text: string): string {
    this.#mask ??= replacing([...this.#known].map((secret) => [secret, MASK]));
    return this.#mask(text).replace(SECRET_QUERY, `$1${MASK}`);
  }
}

/** A header's value and its parts, such as those of `Basic …`, `Access=…, Signature=…` and `session=…; …`. */
const partsOf = (value: string): string[] => [
  value,
  ...value
    .replace(SIGNED_HEADERS, '')
    .split(/[\s,;]+/)
    .filter((part) => !NO_SECRET.test(part))
    .map((part) => part.replace(/^[\w-]+=(?=[^=])/, '')),
];

/**
 * Masks a head line by line. This also works for a malformed head: a line that names one of these headers is masked from
 * that name on.
 */
export function maskedHead(head: string, names: ReadonlySet<string>): string {
  let isSecret = false;
  return head
    .split(/(\r\n|\n|\r)/)
    .map((part, index) => {
      if (index % 2 === 1) return part;
      // A line that begins with white space continues the one before it (RFC 9112, 5.2).
      if (/^[ \t]/.test(part) && isSecret) return ` ${MASK}`;
      if (index === 0 && /^(?:\S+ \S+ HTTP\/1\.[01]|HTTP\/1\.[01] .*)$/.test(part)) return part;
      const name = [...names].find((one) => part.toLowerCase().includes(one));
      isSecret = name !== undefined;
      return name === undefined ? part : maskedLine(part, name);
    })
    .join('');
}

/** A signature's algorithm and signed headers are not secret, and show why it is refused. */
function maskedLine(line: string, name: string): string {
  const end = line.toLowerCase().indexOf(name) + name.length;
  const [, separator = '', value = ''] = /^(\s*:?\s*)(.*)$/s.exec(line.slice(end)) ?? [];
  const signed = /^(SDK-HMAC-SHA256) Access=[^,]*, ?SignedHeaders=([a-z0-9;-]+), ?Signature=\S*$/.exec(value);
  const masked = signed === null ? MASK : `${signed[1]} Access=${MASK}, SignedHeaders=${signed[2]}, Signature=${MASK}`;
  return `${line.slice(0, end)}${separator}${value === '' ? '' : masked}`;
}

/** The header lines that can be recognized in a malformed head. */
export const likelyHeaders = (head: string): HeaderLine[] =>
  head.split(/\r\n|\n|\r/).map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, Math.max(colon, 0)).trim(), line.slice(colon + 1).trim()];
  });
