// What openapi-fetch makes in place of a Request. A transport that needs no Request is spared making one: a Request with
// a signal of its own took 11 µs of a call's 76.

/** The part of a Request that a transport needs. */
export interface SentRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly signal: AbortSignal;
}

type Init = Omit<SentRequest, 'url'>;

/** Replaces Request in openapi-fetch. The signal is the caller's own, not one that follows it. */
export class SlimRequest implements SentRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly signal: AbortSignal;

  constructor(url: string, { method, headers, signal }: Init) {
    this.url = url;
    this.method = method;
    this.headers = headers;
    this.signal = signal;
  }
}
