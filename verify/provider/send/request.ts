// A request as a case describes it, its bytes, and the command line that repeats it.
import type { HeaderLine } from '../../wire/messages.ts';
import type { Mask } from './mask.ts';

/** Which headers show who asks, for a request of this method and full target. */
export type Credentials = (method: string, target: string) => readonly HeaderLine[];

export interface CaseRequest {
  readonly method: string;
  /** As the contract has it: path and query behind the provider's base path. */
  readonly target: string;
  readonly credentials: Credentials;
  /** Beside Host, credentials and Connection. */
  readonly headers?: readonly HeaderLine[];
  /** In place of the one line that names the provider. */
  readonly hosts?: readonly string[];
  /** Header lines that are none, sent as they are. */
  readonly brokenLines?: readonly string[];
  /** Sent behind the header section, as it is. */
  readonly body?: string;
  /** The header section is never ended: the provider has to lose patience. */
  readonly isUnfinished?: boolean;
}

/** Who a request goes to. */
export interface Addressee {
  /** Scheme and authority, as `https://host:8443`. */
  readonly origin: string;
  /** As the Host header has it. */
  readonly host: string;
  /** The prefix of every path: empty, or without a slash at its end. */
  readonly basePath: string;
}

/** Who a base URL names. */
export function addresseeOf({ origin, host, pathname }: URL): Addressee {
  return { origin, host, basePath: pathname.replace(/\/+$/, '') };
}

/** A request as it goes out. */
export interface WrittenRequest {
  readonly method: string;
  /** With the base path. */
  readonly target: string;
  readonly headers: readonly HeaderLine[];
  readonly body: string;
  readonly bytes: Buffer;
}

/** @param connection `close`, or `keep-alive` where another request follows */
export function writeRequest(request: CaseRequest, to: Addressee, connection: 'close' | 'keep-alive'): WrittenRequest {
  const target = to.basePath + request.target;
  const headers: HeaderLine[] = [
    ...(request.hosts ?? [to.host]).map((host) => ['Host', host] as const),
    ...request.credentials(request.method, target),
    ...(request.headers ?? []),
    ['Connection', connection],
  ];
  const body = request.body ?? '';
  const lines = [
    `${request.method} ${target} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(request.brokenLines ?? []),
  ];
  const end = request.isUnfinished ? '\r\n' : `\r\n\r\n${body}`;
  const bytes = Buffer.from(lines.join('\r\n') + end, 'latin1');
  return { method: request.method, target, headers, body, bytes };
}

const HEAD_END = '\r\n\r\n';

/** A command line that sends the request again, byte for byte where it is a legal one. */
export function commandLine(request: WrittenRequest, isRaw: boolean, { origin }: Addressee, mask: Mask): string {
  if (isRaw) return rawCommandLine(request, origin, mask);
  const { method, target, headers, body } = request;
  const own = headers.filter(([name]) => !['host', 'connection'].includes(name.toLowerCase()));
  const options = own.map(([name, value]) => `-H ${quote(value === '' ? `${name};` : `${name}: ${value}`, mask)}`);
  const parts = [
    ...['curl', '-i', '--path-as-is', '--globoff', method === 'HEAD' ? '-I' : `-X ${method}`],
    ...options,
    ...(body === '' ? [] : [`--data-binary ${quote(body, mask)}`]),
    quote(`${origin}${target}`, mask),
  ];
  return shorten(parts.join(' '));
}

/** What curl would put right. The shell's printf takes its arguments as they are, where a format would change them. */
function rawCommandLine({ bytes }: WrittenRequest, origin: string, mask: Mask): string {
  const { protocol, hostname, port } = new URL(origin);
  const text = bytes.toString('latin1');
  const end = text.indexOf(HEAD_END);
  const lines = (end === -1 ? text.replace(/\r\n$/, '') : text.slice(0, end)).split('\r\n');
  const content = end === -1 ? '' : text.slice(end + HEAD_END.length);
  const head = [...lines.map((line) => quote(line, mask)), ...(end === -1 ? [] : ["''"])].join(' ');
  const printed = `printf '%s\\r\\n' ${head}`;
  const sent = content === '' ? printed : `{ ${printed}; printf '%s' ${quote(content, mask)}; }`;
  const isTls = protocol === 'https:';
  const to = `${hostname.replace(/^\[|\]$/g, '')}`;
  const client = isTls ? `openssl s_client -quiet -connect ${hostname}:${port || 443}` : `nc ${to} ${port || 80}`;
  return shorten(`${sent} | ${client}`);
}

/** Double quotes if a variable replaces a secret, single quotes otherwise. */
function quote(text: string, mask: Mask): string {
  const masked = mask(text);
  if (masked === text) return `'${text.replaceAll("'", `'\\''`)}'`;
  const variable = /\$(?:FORBIDDEN_|SHORTENED_|SWAPPED_)?(?:TOKEN|ACCESS_KEY|SECRET_KEY|SIGNATURE)/g;
  const names = masked.match(variable) ?? [];
  const literals = masked.split(variable).map((part) => part.replace(/[\\"$`]/g, '\\$&'));
  return `"${literals.map((part, index) => part + (names[index]?.replace(/^\$(.*)$/, '$${$1}') ?? '')).join('')}"`;
}

const MAX_COMMAND = 20_000;

function shorten(command: string): string {
  return command.length <= MAX_COMMAND ? command : `${command.slice(0, MAX_COMMAND)}… # cut`;
}
