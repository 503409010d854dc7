import createClient from 'openapi-fetch';
import type { paths } from '../generated/api.ts';
import { errors, operations } from '../generated/contract.ts';
import { pathFiller } from '../openapi/names.ts';
import type { Answer } from './answer.ts';
import { type AuthHeaders, CREDENTIAL_NAMES, type Credentials, createAuthentication } from './authentication.ts';
import { readBaseUrl, withoutTrailingSlash } from './base-url.ts';
import { errorOfAnswer } from './errors/error-of-answer.ts';
import { errorOfNoAnswer } from './errors/error-of-no-answer.ts';
import { TagDeleteError } from './errors/errors.ts';
import { type ImageTag, pathParameters } from './names.ts';
import { checkOptionNames } from './option-names.ts';
import { mayHaveDeleted, withRetries } from './transport/retry.ts';
import { type RetryOptions, readRetryOptions } from './transport/retry-options.ts';
import { RequestLine, type SentRequest } from './transport/sent-request.ts';
import { createTransport, type Fetch, isPlatformFetch } from './transport/transport.ts';

/** The provider's address, the caller's credentials, and how long to try. */
export type TagClientOptions = Credentials & {
  /** Such as `http://127.0.0.1:8080`. A path is kept in front of the operation's own. */
  readonly baseUrl: string;
  /** Sends the requests. Default: the platform's fetch, looked up for every request. */
  readonly fetch?: Fetch;
  /** Default for each field: 4 retries within 2 minutes, 30 s for a try. */
  readonly retry?: Partial<RetryOptions>;
  /** The clock that dates signatures. */
  readonly now?: () => Date;
};

const OPTION_NAMES = ['baseUrl', ...CREDENTIAL_NAMES, 'fetch', 'retry', 'now'];

/** A tag that is gone. */
export interface Deleted {
  /**
   * `deleted-by-earlier-try`: an answer was lost, and the retry found no such tag. Another caller may have deleted it in
   * between, or it never existed; the client cannot tell.
   */
  readonly outcome: 'deleted' | 'deleted-by-earlier-try';
  /** Identifies the last request in the provider's log. */
  readonly requestId: string | undefined;
  /** Number of requests sent. */
  readonly tries: number;
}

/** Deletes tags. */
export interface TagClient {
  /**
   * Deletes one tag, and never its siblings. Passing failures are retried; a retry after a lost answer deletes a tag that
   * was pushed again meanwhile.
   * @throws TagDeleteError if the tag was not deleted; before anything is sent if a name is invalid
   * @throws the signal's reason when it aborts
   */
  deleteTag(image: ImageTag, options?: { readonly signal?: AbortSignal }): Promise<Deleted>;
}

const { method, path: template } = operations.deleteRepoTag;
const UNAUTHORIZED = 401;

/**
 * Makes a client of the contract's operation.
 * @throws TypeError if an option is unknown, baseUrl is not an http or https URL, there is not exactly one way to
 * authenticate, `fetch` is not a function, or a retry option is not a number from 0
 */
export function createTagClient(options: TagClientOptions): TagClient {
  checkOptionNames(options, OPTION_NAMES, 'createTagClient');
  const { fetch, now = () => new Date() } = options;
  if (fetch !== undefined && typeof fetch !== 'function') throw new TypeError('fetch must be a function');
  const url = readBaseUrl(options.baseUrl);
  const baseUrl = withoutTrailingSlash(url);
  const retry = readRetryOptions(options.retry);
  const authentication = createAuthentication(options, now);
  const transport = createTransport(fetch);
  const fill = pathFiller(baseUrl + template);
  const client = createClient<paths>({
    baseUrl,
    // Of all paths: there is one operation.
    pathSerializer: (_, parameters) => fill(parameters),
    Request: RequestLine as unknown as typeof Request,
  });

  /** @throws TagDeleteError if no answer came that could be read */
  async function exchange(request: SentRequest): Promise<Response> {
    try {
      return responseOf(await transport(request));
    } catch (thrown) {
      throw errorOfNoAnswer(url.host, thrown, request.signal);
    }
  }

  return {
    async deleteTag(image, { signal: callersSignal } = {}) {
      const path = pathParameters(image);
      let tries = 0;
      let isRenewed = false;
      let mayBeDeleted = false;
      const work = async (signal: AbortSignal): Promise<Deleted> => {
        let headers: AuthHeaders = {};
        const fetch = async ({ url: target }: RequestLine) => {
          headers = await authentication.headers(method, target, signal);
          tries += 1;
          return exchange({ url: target, method, headers, signal });
        };
        try {
          const { response, error } = await client.DELETE(template, { params: { path }, fetch, parseAs: 'stream' });
          if (response.status !== 204) throw errorOfAnswer(response, error);
          return { outcome: 'deleted', requestId: response.headers.get('X-Request-Id') ?? undefined, tries };
        } catch (error) {
          if (!(error instanceof TagDeleteError)) throw error;
          if (error.status === UNAUTHORIZED && !isRenewed && authentication.refuse(headers)) {
            isRenewed = true;
            return work(signal);
          }
          if (mayBeDeleted && isTagGone(error)) {
            return { outcome: 'deleted-by-earlier-try', requestId: error.requestId, tries };
          }
          mayBeDeleted ||= mayHaveDeleted(error);
          throw error;
        }
      };
      return withRetries(work, retry, { signal: callersSignal, abortsAtEnd: isPlatformFetch(fetch) });
    },
  };
}

/** The part of a Response that openapi-fetch reads. A Response itself takes no status outside of 200 to 599. */
function responseOf({ status, statusText, headers, body }: Answer): Response {
  const ok = status >= 200 && status < 300;
  return { status, statusText, ok, headers, body: null, text: async () => body } as unknown as Response;
}

/** Whether a 404 is about the tag, and not about its repository or organization. */
function isTagGone({ status, code }: TagDeleteError): boolean {
  const { status: notFound, code: tagNotFound } = errors['tag-not-found'];
  return status === notFound && code === tagNotFound;
}
