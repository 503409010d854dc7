// The text of an exchange in a report.
import type { Exchange } from '../report/model.ts';
import { curlOf } from './curl.ts';
import { likelyHeaders, maskedHead, Secrets } from './mask.ts';
import type { Content, ReceivedAnswer, Recorded } from './recording.ts';

/** Max characters of a request or an answer in a report. */
const MAX_SHOWN = 8 * 1024;
/** Length of the longest token, percent-encoded, in bytes. */
const MAX_SECRET = 24 * 1024;
/** Max bytes that are searched for secrets. */
const WINDOW = MAX_SHOWN + 2 * MAX_SECRET;
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
      curl: request === undefined ? '' : curlOf(request, { origin, secret, masked }),
      milliseconds: answer === undefined || request === undefined ? 0 : answer.receivedAt - request.sentAt,
    }),
  };
}

/**
 * Masks before it cuts, because a truncated secret is not recognized. A possible part of a secret at the end is not shown.
 */
function shownOf({ kept, bytes }: Content, mask: (text: string) => string): string {
  const window = kept.subarray(0, WINDOW);
  const masked = mask(window.toString('utf8'));
  const whole = window.length === bytes ? masked : masked.slice(0, -MAX_SECRET);
  const shown = whole.slice(0, MAX_SHOWN);
  return shown === masked ? shown : `${shown}\n[… ${bytes} bytes in all]`;
}
