/** Length of the longest secret, percent-encoded, and some more, in bytes. */
const MAX_SECRET = 32 * 1024;

/**
 * The beginning of a message, secrets masked. Masks before it cuts, because a truncated secret is not recognized; what
 * could be a part of a secret at the end is not shown.
 * @param kept the message's bytes, or as many of them as are known
 * @param bytes of the message in all
 * @param limit characters to show at most
 * @returns the text, and whether it is all of the message
 */
export function maskedBeginning(
  kept: Uint8Array,
  bytes: number,
  limit: number,
  mask: (text: string) => string,
): { readonly text: string; readonly isWhole: boolean } {
  const window = kept.subarray(0, limit + 2 * MAX_SECRET);
  const masked = mask(new TextDecoder().decode(window));
  const whole = window.length === bytes ? masked : masked.slice(0, -MAX_SECRET);
  const text = whole.slice(0, limit);
  return { text, isWhole: text === masked && window.length === bytes };
}
