/** More than this is left out of a report, in bytes. */
const MAX_SHOWN = 4096;

/** Bytes as a person reads them: what is no text is shown as `\xNN`. */
export function printable(bytes: Uint8Array): string {
  const shown = new TextDecoder().decode(bytes.subarray(0, MAX_SHOWN)).replaceAll('\r\n', '\n');
  const text = shown.replace(
    /[^\P{C}\n\t]/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return bytes.length <= MAX_SHOWN ? text : `${text}\n… ${bytes.length - MAX_SHOWN} more bytes`;
}
