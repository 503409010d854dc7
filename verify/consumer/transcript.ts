// What a report shows of an exchange.
import type { Exchange } from '../report/model.ts';
import { curlOf } from './curl.ts';
import { likelyHeaders, maskedHead, Secrets } from './mask.ts';
import type { Content, ReceivedAnswer, Recorded } from './recording.ts';

/** In characters. */
const MAX_SHOWN = 8 * 1024;
/** The longest token, percent-encoded, in bytes. */
const MAX_SECRET = 24 * 1024;
/** So much is looked through for secrets, in bytes. */
const WINDOW = MAX_SHOWN + 2 * MAX_SECRET;
const EMPTY_LINE = '\r\n\r\n';

export interface Transcriber {
  /** Takes note of the secrets of an exchange. */
  learn(recorded: Recorded): void;
  /** The exchange as a report shows it. */
  exchangeOf(recorded: Recorded): Exchange;
  /** A text without the secrets that are known. */
  masked(text: string): string;
}

/** @param origin of the provider; @param secret names of headers that are masked, in lower case */
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
        // Content may be another request, to a provider that is led to think so.
        secrets.learn(likelyHeaders(request.content.kept.toString('latin1')));
      }
      if (answer !== undefined) secrets.learn(answer.headers);
    },
    exchangeOf: ({ request, answer }) => ({
      sent: request === undefined ? '' : shown(request.head, textOf(request.content)),
      received: answer && shown(answer.head, contentOf(answer)),
      curl: request === undefined ? '' : curlOf(request, { origin, secret, masked }),
      milliseconds: answer === undefined || request === undefined ? 0 : answer.receivedAt - request.sentAt,
    }),
  };
}

/** Nothing is cut before it is masked, as half a secret is not known for one; what may be half of one is not shown. */
function shownOf({ kept, bytes }: Content, mask: (text: string) => string): string {
  const window = kept.subarray(0, WINDOW);
  const masked = mask(window.toString('utf8'));
  const whole = window.length === bytes ? masked : masked.slice(0, -MAX_SECRET);
  const shown = whole.slice(0, MAX_SHOWN);
  return shown === masked ? shown : `${shown}\n[… ${bytes} bytes in all]`;
}
