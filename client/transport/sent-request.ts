// What is sent, in a form that costs nothing: a Request with a signal of its own took 11 µs of a call's 76, and headers
// that are copied into Headers and back another 3.

/** The part of a Request that a transport needs. */
export interface SentRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers | Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Replaces Request in openapi-fetch, which only has to say where a request goes. */
export class RequestLine {
  readonly url: string;
  readonly method: string;

  constructor(url: string, { method }: Pick<SentRequest, 'method'>) {
    this.url = url;
    this.method = method;
  }
}
