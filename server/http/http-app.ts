import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a listener serves. An Express application is one. */
export interface HttpApp {
  (request: IncomingMessage, response: ServerResponse): void;
  /** The prototypes of the requests and responses that it takes. */
  readonly request: object;
  readonly response: object;
}
