// How results read: a line for people, a JSON line for programs, the summary.
import type { Result } from '../bulk-delete.ts';
import { formatReference } from '../references/reference.ts';
import { printable, printableJson } from './printable.ts';

/** How many results of each outcome. */
export type Counts = Record<Result['outcome'], number>;

/** Characters shown of a message, a code or a request id. */
const MAX_TEXT_LENGTH = 1_000;

/** A line for people. */
export function lineOf({ image, outcome, error }: Result): string {
  const reference = formatReference(image);
  if (error === undefined) return `${outcome} ${reference}`;
  const facts = [error.status, error.code, error.requestId && `request ${error.requestId}`].filter(Boolean);
  const [message, ...rest] = [error.message, ...facts].map((fact) => printable(String(fact).slice(0, MAX_TEXT_LENGTH)));
  return `${outcome} ${reference}: ${message}${rest.length === 0 ? '' : ` (${rest.join(', ')})`}`;
}

/** A JSON object for programs. */
export function jsonOf({ image, outcome, requestId, tries, error }: Result): string {
  const failure = error && { status: error.status, code: error.code, message: error.message, detail: error.detail };
  return printableJson({ reference: formatReference(image), outcome, requestId, tries, ...failure });
}

/** Such as `deleted 2 (1 by an earlier try), not tried 4`. */
export function summaryOf(counts: Counts): string {
  if (counts['would-delete'] > 0) return `would delete ${counts['would-delete']}`;
  const deleted = counts.deleted + counts['deleted-by-earlier-try'];
  const rest = (['missing', 'failed', 'not-tried'] as const).filter((outcome) => counts[outcome] > 0);
  const earlier = counts['deleted-by-earlier-try'];
  const note = earlier === 0 ? '' : ` (${earlier} by an earlier try)`;
  return [
    `deleted ${deleted}${note}`,
    ...rest.map((outcome) => `${outcome.replace('-', ' ')} ${counts[outcome]}`),
  ].join(', ');
}
