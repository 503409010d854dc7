import { TagDeleteError } from './errors.ts';

/** Codes of undici and Node for a connection that ended before any answer. */
const RESET_CODES: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

/** Known by themselves and not by their cause: a token function may fail by a reset too, and then nothing was sent. */
const resets = new WeakSet<TagDeleteError>();

/**
 * The error of a try without an answer that could be read.
 * @param thrown by fetch: an error, or anything else
 * @param signal of the try
 */
export function errorOfNoAnswer(host: string, thrown: unknown, signal: AbortSignal): TagDeleteError {
  if (thrown instanceof TagDeleteError) return thrown;
  if (signal.aborted && nameOf(signal.reason) === 'TimeoutError') {
    return new TagDeleteError(`no answer from ${host}: not in time`, { cause: thrown });
  }
  const reason = reasonOf(thrown);
  const what = isUnreadable(reason)
    ? `the answer of ${host} is unreadable, the tag may be deleted`
    : `no answer from ${host}`;
  const error = new TagDeleteError(`${what}: ${reason.message}`, { cause: thrown });
  if (RESET_CODES.includes(reason.code)) resets.add(error);
  return error;
}

/** Whether the connection was reset: the request may have been carried out. */
export function isReset(error: TagDeleteError): boolean {
  return resets.has(error);
}

interface Reason {
  readonly name: unknown;
  readonly message: string;
  readonly code: unknown;
}

/** An answer that is not HTTP, or whose headers are too large: the errors of undici and of node:http. */
function isUnreadable({ name, code }: Reason): boolean {
  return name === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW' || String(code).startsWith('HPE_');
}

/** The platform's fetch throws `fetch failed`, with the reason as its cause; node-fetch throws the reason itself. */
function reasonOf(thrown: unknown): Reason {
  const { cause, name, message, code } = Object(thrown) as Partial<NodeJS.ErrnoException>;
  if (cause !== undefined && cause !== null) return reasonOf(cause);
  // An error that collects those of several addresses has a code, and no message.
  return { name, message: withoutOpensslLine(message || String(code ?? thrown)), code };
}

/** A line of OpenSSL, such as `804CE8E6:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/…`. */
const OPENSSL_LINE = /[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]*):.*/s;

/** What OpenSSL says of bytes that are not TLS, such as an answer of plain HTTP. */
const NOT_TLS: readonly string[] = ['wrong version number', 'packet length too long', 'http request'];

function withoutOpensslLine(message: string): string {
  return message.replace(OPENSSL_LINE, (_, reason: string) =>
    NOT_TLS.includes(reason) ? `it does not speak TLS (${reason}); is it an http:// URL?` : `TLS failed: ${reason}`,
  );
}

function nameOf(reason: unknown): unknown {
  return (Object(reason) as Partial<Error>).name;
}
