import type { Mask } from './mask.ts';

/** More than this is left out of a report, in characters. */
const MAX_SHOWN = 4096;

/** The longest secret of the fixtures, percent-encoded, and some more, in bytes. */
const MAX_SECRET = 32 * 1024;

/** Max bytes that are searched for secrets. */
const WINDOW = MAX_SHOWN + 2 * MAX_SECRET;

/**
 * Bytes as a person reads them: what is no text is shown as `\xNN`, secrets are masked. Nothing is cut before that, as
 * half a secret would not be known for one; and what might be half of one at the end is not shown.
 */
export function printable(bytes: Uint8Array, mask: Mask): string {
  const masked = mask(new TextDecoder().decode(bytes.subarray(0, WINDOW)));
  const whole = bytes.length <= WINDOW ? masked : masked.slice(0, -MAX_SECRET);
  const shown = whole.slice(0, MAX_SHOWN);
  const text = shown
    .replaceAll('\r\n', '\n')
    .replace(/[^\P{C}\n\t]/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
  if (shown.length === masked.length && bytes.length <= WINDOW) return text;
  // A copy, because a substring keeps the whole string in memory.
  return `${Buffer.from(text).toString()}\n… ${bytes.length} bytes in all`;
}
