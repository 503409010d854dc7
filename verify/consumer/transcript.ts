// What a report shows of an exchange.
import type { Exchange } from '../report/model.ts';
import { curlOf } from './curl.ts';
import { maskedHead, secretsIn, withoutSecrets } from './mask.ts';
import type { Content, ReceivedAnswer, Recorded } from './recording.ts';

const MAX_SHOWN_BYTES = 8 * 1024;
const EMPTY_LINE = '\r\n\r\n';

export interface Transcriber {
  /** The exchange as a report shows it. */
  exchangeOf(recorded: Recorded): Exchange;
  /** A text about the exchange, without its secrets. */
  masked(text: string, recorded: Recorded): string;
}

/** @param origin of the provider; @param secret names of headers that are masked, in lower case */
export function createTranscriber(origin: string, secret: ReadonlySet<string>): Transcriber {
  const secretsOf = ({ request, answer }: Recorded) =>
    secretsIn([...(request?.headers ?? []), ...(answer?.headers ?? [])], secret);
  const masked = (text: string, recorded: Recorded) => withoutSecrets(text, secretsOf(recorded));
  const shown = (head: string, rest: string, recorded: Recorded) =>
    masked(`${maskedHead(head, secret)}${EMPTY_LINE}${rest}`, recorded);

  return {
    masked,
    exchangeOf: (recorded) => {
      const { request, answer } = recorded;
      return {
        sent: request === undefined ? '' : shown(request.head, textOf(request.content), recorded),
        received: answer && shown(answer.head, contentOf(answer), recorded),
        curl: request === undefined ? '' : masked(curlOf(request, origin, secret), recorded),
        milliseconds: answer === undefined || request === undefined ? 0 : answer.receivedAt - request.sentAt,
      };
    },
  };
}

const contentOf = ({ content, stray }: ReceivedAnswer): string =>
  stray.bytes === 0 ? textOf(content) : `${textOf(content)}[after its end:]\r\n${textOf(stray)}`;

function textOf({ kept, bytes }: Content): string {
  const shown = kept.subarray(0, MAX_SHOWN_BYTES);
  const left = bytes - shown.length;
  return `${shown.toString('utf8')}${left === 0 ? '' : `\n[… ${left} more bytes are left out]`}`;
}
