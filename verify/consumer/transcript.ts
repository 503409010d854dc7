// The text of an exchange in a report.
import { curlOf } from '../evidence/curl.ts';
import { maskedBeginning } from '../evidence/cut.ts';
import { likelyHeaders, maskedHead, Secrets } from '../evidence/seen-secrets.ts';
import { shellQuoted } from '../evidence/shell.ts';
import type { Exchange } from '../report/model.ts';
import type { Content, ReceivedAnswer, Recorded, SentRequest } from './traffic/recording.ts';

/** Max characters of a request or an answer in a report. */
const MAX_SHOWN = 8 * 1024;
const EMPTY_LINE = '\r\n\r\n';

export interface Transcriber {
  /** Remembers the secrets of an exchange. */
  learn(recorded: Recorded): void;
  /** The exchange as the report shows it. */
  exchangeOf(recorded: Recorded): Exchange;
  /** Masks the known secrets in a text. */
  masked(text: string): string;
}

/** @param origin of the provider @param secret names of headers to mask, in lower case */
export function createTranscriber(origin: string, secret: ReadonlySet<string>): Transcriber {
  const secrets = new Secrets(secret);
  const masked = (text: string) => secrets.masked(text);
  const shown = (head: string, content: string) => `${masked(maskedHead(head, secret))}${EMPTY_LINE}${content}`;
  const textOf = (content: Content) => shownOf(content, (text) => masked(maskedHead(text, secret)));
  const contentOf = ({ content, stray }: ReceivedAnswer): string =>
    stray.bytes === 0 ? textOf(content) : `${textOf(content)}[after its end:]\r\n${textOf(stray)}`;
  return {
    masked,
    learn: ({ request, answer }) => {
      if (request !== undefined) {
        secrets.learn(request.method === '' ? likelyHeaders(request.head) : request.headers);
        // Request smuggling: a provider may take content for another request.
        secrets.learn(likelyHeaders(request.content.kept.toString('latin1')));
      }
      if (answer !== undefined) secrets.learn(answer.headers);
    },
    exchangeOf: ({ request, answer }) => ({
      sent: request === undefined ? '' : shown(request.head, textOf(request.content)),
      received: answer && shown(answer.head, contentOf(answer)),
      curl: request === undefined ? '' : repeat(request, { origin, secret, masked }),
      milliseconds: answer === undefined || request === undefined ? 0 : answer.receivedAt - request.sentAt,
    }),
  };
}

function shownOf({ kept, bytes }: Content, mask: (text: string) => string): string {
  const { text, isWhole } = maskedBeginning(kept, bytes, MAX_SHOWN, mask);
  return isWhole ? text : `${text}\n[… ${bytes} bytes in all]`;
}

/** Headers that curl writes itself or that belong to the connection. */
const LEFT_OUT = new Set(['host', 'content-length', 'connection', 'transfer-encoding', 'expect']);
/** Max bytes of content that a command line repeats. */
const MAX_CONTENT_BYTES = 1_000;

interface RepeatStyle {
  readonly origin: string;
  readonly secret: ReadonlySet<string>;
  readonly masked: (text: string) => string;
}

/** A command line that sends a request again; the values of secret headers become variables such as `$X_AUTH_TOKEN`. */
function repeat(request: SentRequest, { origin, secret, masked }: RepeatStyle): string {
  const { method, target, headers, content } = request;
  if (method === '') return '(not an HTTP request: curl cannot send it)';
  const isShort = content.bytes <= MAX_CONTENT_BYTES;
  const quote = (text: string, header = '') => (secret.has(header) ? asVariable(text) : shellQuoted(masked(text)));
  const style = { origin, leftOut: LEFT_OUT, quote };
  return curlOf({ method, target, headers, content: isShort ? content.kept.toString('latin1') : '' }, style);
}

function asVariable(line: string): string {
  const name = line.slice(0, line.indexOf(':'));
  return `"${name}: $${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}"`;
}
