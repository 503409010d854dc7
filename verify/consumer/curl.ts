// A command line that sends a recorded request again.
import type { SentRequest } from './recording.ts';

/** What curl writes itself, or what belongs to the connection. */
const LEFT_OUT = new Set(['host', 'content-length', 'connection', 'transfer-encoding', 'expect']);
const MAX_CONTENT_BYTES = 1_000;

/**
 * @param origin of the provider
 * @param secret names of headers whose values are shell variables instead, as `$X_AUTH_TOKEN`
 */
export function curlOf(request: SentRequest, origin: string, secret: ReadonlySet<string>): string {
  if (request.method === '') return '(no HTTP request, which curl cannot send)';
  const headers = request.headers.filter(([name]) => !LEFT_OUT.has(name.toLowerCase()));
  const parts = [
    'curl -i --path-as-is --globoff',
    request.method === 'HEAD' ? '--head' : `-X ${quoted(request.method)}`,
    ...headers.map(([name, value]) => `-H ${secret.has(name.toLowerCase()) ? variable(name) : header(name, value)}`),
    ...contentOf(request),
    quoted(urlOf(request.target, origin)),
  ];
  return parts.join(' ');
}

const urlOf = (target: string, origin: string): string => (target.startsWith('/') ? `${origin}${target}` : target);

/** curl takes `name;` for a header without a value. */
const header = (name: string, value: string): string => quoted(value === '' ? `${name};` : `${name}: ${value}`);

const variable = (name: string): string => `"${name}: $${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}"`;

function contentOf({ content }: SentRequest): string[] {
  if (content.bytes === 0 || content.bytes > MAX_CONTENT_BYTES) return [];
  return [`--data-binary ${quoted(content.kept.toString('latin1'))}`];
}

/** For a POSIX shell; bytes that are not plain text as bash and zsh write them. */
function quoted(text: string): string {
  if (/^[\w./:@%+,=-]+$/.test(text)) return text;
  if (/^[\x20-\x7e]*$/.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`;
  const escaped = text.replace(/['\\]|[^\x20-\x7e]/g, (one) => {
    if (one === "'" || one === '\\') return `\\${one}`;
    return `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `$'${escaped}'`;
}
