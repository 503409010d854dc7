// A command line that sends a request again.
import type { HeaderLine } from '../wire/messages.ts';
import { shellWord } from './shell.ts';

/** A request as it went to a provider. */
export interface RepeatedRequest {
  readonly method: string;
  /** With the provider's base path; or an absolute URL. */
  readonly target: string;
  readonly headers: readonly HeaderLine[];
  /** A character for each byte. */
  readonly content: string;
}

export interface CurlStyle {
  /** Of the provider: scheme and authority, such as `https://host:8443`. */
  readonly origin: string;
  /** Names of headers, in lower case, that curl writes itself or that belong to the connection. */
  readonly leftOut: ReadonlySet<string>;
  /** Quotes a text for a shell, secrets masked. @param header in lower case, if the text is its line and has a value */
  readonly quote: (text: string, header?: string) => string;
}

/** Max characters of a command line; a longer one is cut, and says so. */
const MAX_COMMAND = 20_000;

export function curlOf({ method, target, headers, content }: RepeatedRequest, style: CurlStyle): string {
  const { origin, leftOut, quote } = style;
  const own = headers.filter(([name]) => !leftOut.has(name.toLowerCase()));
  const url = urlOf(target, origin);
  const parts = [
    'curl -i',
    ...curlLeaving(url),
    method === 'HEAD' ? '-I' : `-X ${shellWord(method)}`,
    ...own.map((line) => `-H ${headerOf(line, quote)}`),
    ...(content === '' ? [] : [`--data-binary ${quote(content)}`]),
    quote(url),
  ];
  return cutCommand(parts.join(' '));
}

/** curl takes `name;` for a header without a value. */
const headerOf = ([name, value]: HeaderLine, quote: CurlStyle['quote']): string =>
  value === '' ? quote(`${name};`) : quote(`${name}: ${value}`, name.toLowerCase());

export const cutCommand = (command: string): string =>
  command.length <= MAX_COMMAND ? command : `${command.slice(0, MAX_COMMAND)}… # cut`;

/** Always this origin, even if an absolute-form target names another host (RFC 9112, 3.2.2): credentials go nowhere else. */
function urlOf(target: string, origin: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return `${origin}${path.startsWith('/') ? path : `/${path}`}`;
}

/** What keeps curl from changing the URL: it resolves dots, and takes brackets and braces for a list of URLs. */
const curlLeaving = (url: string): string[] => [
  ...(/\/(?:\.|%2e){1,2}(?:[/?#]|$)/i.test(url) ? ['--path-as-is'] : []),
  ...(/[[\]{}]/.test(url) ? ['--globoff'] : []),
];
