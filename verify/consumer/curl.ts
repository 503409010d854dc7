// A command line that sends a recorded request again.
import type { HeaderLine } from '../wire/messages.ts';
import type { SentRequest } from './recording.ts';

/** Headers that curl writes itself or that belong to the connection. */
const LEFT_OUT = new Set(['host', 'content-length', 'connection', 'transfer-encoding', 'expect']);
const MAX_CONTENT_BYTES = 1_000;

interface Style {
  /** Of the provider. */
  readonly origin: string;
  /** Names of headers, in lower case, whose values become shell variables such as `$X_AUTH_TOKEN`. */
  readonly secret: ReadonlySet<string>;
  readonly masked: (text: string) => string;
}

export function curlOf(request: SentRequest, style: Style): string {
  if (request.method === '') return '(not an HTTP request: curl cannot send it)';
  const headers = request.headers.filter(([name]) => !LEFT_OUT.has(name.toLowerCase()));
  const parts = [
    'curl -i --path-as-is --globoff',
    request.method === 'HEAD' ? '--head' : `-X ${quoted(request.method)}`,
    ...headers.map((line) => `-H ${headerOf(line, style)}`),
    ...contentOf(request, style),
    quoted(urlOf(style.masked(request.target), style)),
  ];
  return parts.join(' ');
}

/** Always the upstream, even if an absolute-form target names another host (RFC 9112, 3.2.2): credentials go nowhere else. */
function urlOf(target: string, { origin }: Style): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return `${origin}${path.startsWith('/') ? path : `/${path}`}`;
}

/** curl takes `name;` for a header without a value. */
function headerOf([name, value]: HeaderLine, { secret, masked }: Style): string {
  if (value === '') return quoted(`${name};`);
  if (!secret.has(name.toLowerCase())) return quoted(`${name}: ${masked(value)}`);
  return `"${name}: $${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}"`;
}

function contentOf({ content }: SentRequest, { masked }: Style): string[] {
  if (content.bytes === 0 || content.bytes > MAX_CONTENT_BYTES) return [];
  return [`--data-binary ${quoted(masked(content.kept.toString('latin1')))}`];
}

/** Quotes for a POSIX shell. Bytes that are not plain text use `$'…'`, which bash and zsh understand. */
function quoted(text: string): string {
  if (/^[\w./:@%+,=-]+$/.test(text)) return text;
  if (/^[\x20-\x7e]*$/.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`;
  const escaped = text.replace(/['\\]|[^\x20-\x7e]/g, (one) => {
    if (one === "'" || one === '\\') return `\\${one}`;
    return `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `$'${escaped}'`;
}
