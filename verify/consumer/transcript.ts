// What a report shows of an exchange.
import type { Exchange } from '../report/model.ts';
import { curlOf } from './curl.ts';
import { likelyHeaders, maskedHead, Secrets } from './mask.ts';
import type { Content, ReceivedAnswer, Recorded } from './recording.ts';

const MAX_SHOWN_BYTES = 8 * 1024;
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
      sent:
        request === undefined
          ? ''
          : masked(maskedHead(`${request.head}${EMPTY_LINE}${textOf(request.content)}`, secret)),
      received: answer && masked(`${maskedHead(answer.head, secret)}${EMPTY_LINE}${contentOf(answer)}`),
      curl: request === undefined ? '' : curlOf(request, { origin, secret, masked }),
      milliseconds: answer === undefined || request === undefined ? 0 : answer.receivedAt - request.sentAt,
    }),
  };
}

const contentOf = ({ content, stray }: ReceivedAnswer): string =>
  stray.bytes === 0 ? textOf(content) : `${textOf(content)}[after its end:]\r\n${textOf(stray)}`;

function textOf({ kept, bytes }: Content): string {
  const shown = kept.subarray(0, MAX_SHOWN_BYTES);
  const left = bytes - shown.length;
  return `${shown.toString('utf8')}${left === 0 ? '' : `\n[… ${left} more bytes are left out]`}`;
}
