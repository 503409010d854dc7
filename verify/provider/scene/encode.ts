// Names as path segments.

/** RFC 3986, 3.3: what a segment may hold plain stays so. */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text).replace(/%(?:24|26|2B|2C|3A|3B|3D|40)/g, (encoded) => decodeURIComponent(encoded));
}

/** What need not be encoded is so too, and means the same (RFC 3986, 2.3). */
export function everyByteEncoded(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
