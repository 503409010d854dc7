// What a request is to openapi-fetch and to the pooled transport, without the rest of the Fetch standard: a Request with
// a signal of its own took 11 µs of a call's 76.

/** The part of a Request that a transport needs. */
export interface SentRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly signal: AbortSignal;
}

type Init = Omit<SentRequest, 'url'>;

/** Stands in for Request where openapi-fetch makes one. The signal is the caller's own, not one that follows it. */
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
