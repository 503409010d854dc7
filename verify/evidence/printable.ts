import { maskedBeginning } from './cut.ts';

/** More than this is left out of a report, in characters. */
const MAX_SHOWN = 4096;

/** Bytes as a person reads them: what is not text is shown as `\xNN`, secrets are masked, and a long text is cut. */
export function printable(bytes: Uint8Array, mask: (text: string) => string): string {
  const { text: shown, isWhole } = maskedBeginning(bytes, bytes.length, MAX_SHOWN, mask);
  const text = shown
    .replaceAll('\r\n', '\n')
    .replace(/[^\P{C}\n\t]/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
  // A copy, because a substring keeps the whole string in memory.
  return isWhole ? text : `${Buffer.from(text).toString()}\n… ${bytes.length} bytes in all`;
}
