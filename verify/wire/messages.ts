// HTTP/1.1 messages as they are on the wire: the order, repetition and case of headers are kept.

/** A header line; the value without the white space around it. */
export type HeaderLine = readonly [name: string, value: string];

export interface RequestMessage {
  readonly method: string;
  /** In origin form, as sent; without the base path of the provider. */
  readonly target: string;
  readonly headers: readonly HeaderLine[];
  readonly body: Uint8Array;
}

export interface AnswerMessage {
  readonly status: number;
  readonly headers: readonly HeaderLine[];
  /** The content, decoded from chunks. */
  readonly body: Uint8Array;
  /** Bytes after the end of the message, on a connection without another request. */
  readonly stray?: Uint8Array;
}

/** What came back for a request. */
export interface Received {
  /** Undefined if no valid HTTP/1.1 answer came. */
  readonly answer: AnswerMessage | undefined;
  /** Why there is none. */
  readonly failure: string | undefined;
  /** As it arrived, cut if too long. */
  readonly bytes: Buffer;
  readonly milliseconds: number;
}

/** The values of a header, in their order. */
export function valuesOf({ headers }: { readonly headers: readonly HeaderLine[] }, name: string): string[] {
  const wanted = name.toLowerCase();
  return headers.filter(([one]) => one.toLowerCase() === wanted).map(([, value]) => value);
}
