// A request as a case describes it, and its bytes.
import type { HeaderLine } from '../../wire/messages.ts';

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

/** @param connection `close`, or `keep-alive` if another request follows */
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
