import type { Violation } from '../report/model.ts';
import { type AnswerMessage, type RequestMessage, valuesOf } from '../wire/messages.ts';

/** RFC 9110, 15.3.5 and 15.4.5: these end with their header section. */
const WITHOUT_CONTENT = new Set([204, 304]);

/** How a message is delimited: what HTTP clients hide. */
export function judgeFraming({ method }: Pick<RequestMessage, 'method'>, answer: AnswerMessage): Violation[] {
  const { status, body, stray } = answer;
  const rule = `HTTP ${status}`;
  const bytes = body.length + (stray?.length ?? 0);
  const found = `${bytes} bytes`;
  if (WITHOUT_CONTENT.has(status)) {
    return [
      ...(bytes > 0
        ? [{ rule, message: `A ${status} has no content, and bytes follow it (RFC 9110, 15.3.5).`, found }]
        : []),
      ...(status === 204 ? forbiddenWith204(answer) : []),
    ];
  }
  if (method === 'HEAD' && bytes > 0) {
    return [
      { rule: 'HTTP HEAD', message: 'The answer to HEAD has no content, and bytes follow (RFC 9110, 9.3.2).', found },
    ];
  }
  return stray !== undefined && stray.length > 0
    ? [
        {
          rule,
          message: 'Bytes follow the end of the answer (RFC 9112, 6.3).',
          found: `${stray.length} bytes`,
        },
      ]
    : [];
}

/** RFC 9110, 8.6: no Content-Length with a 204. RFC 9112, 6.1: no Transfer-Encoding either. */
function forbiddenWith204(answer: AnswerMessage): Violation[] {
  const clauses = { 'Content-Length': 'RFC 9110, 8.6', 'Transfer-Encoding': 'RFC 9112, 6.1' };
  return Object.entries(clauses).flatMap(([name, clause]) => {
    const [value] = valuesOf(answer, name);
    return value === undefined
      ? []
      : [
          {
            rule: 'HTTP 204',
            message: `A 204 is sent without ${name} (${clause}).`,
            found: `${name}: ${JSON.stringify(value)}`,
          },
        ];
  });
}
