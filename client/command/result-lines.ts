// How results read: a line for people, a JSON line for programs, the summary.
import type { Result } from './bulk-delete.ts';
import { formatReference } from './reference.ts';

/** How many results of each outcome. */
export type Counts = Record<Result['outcome'], number>;

/** Max length of a line for people, in characters. */
const MAX_LINE_LENGTH = 1_000;

/** A line for people. */
export function lineOf({ image, outcome, error }: Result): string {
  const reference = formatReference(image);
  if (error === undefined) return `${outcome} ${reference}`;
  const facts = [error.status, error.code, error.requestId && `request ${error.requestId}`].filter(Boolean).join(', ');
  return printable(`${outcome} ${reference}: ${error.message}${facts && ` (${facts})`}`);
}

/** A JSON object for programs. */
export function jsonOf({ image, outcome, requestId, tries, error }: Result): string {
  const failure = error && { status: error.status, code: error.code, message: error.message };
  return JSON.stringify({ reference: formatReference(image), outcome, requestId, tries, ...failure });
}

/** Such as `deleted 2, not tried 4`. */
export function summaryOf(counts: Counts): string {
  if (counts['would-delete'] > 0) return `would delete ${counts['would-delete']}`;
  const deleted = counts.deleted + counts['deleted-by-earlier-try'];
  const rest = (['missing', 'failed', 'not-tried'] as const).filter((outcome) => counts[outcome] > 0);
  return [`deleted ${deleted}`, ...rest.map((outcome) => `${outcome.replace('-', ' ')} ${counts[outcome]}`)].join(', ');
}

/** A provider's message may contain line ends and control sequences of terminals: each is replaced. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to replace
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd').slice(0, MAX_LINE_LENGTH);
}
