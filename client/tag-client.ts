import createClient from 'openapi-fetch';
import type { paths } from '../generated/api.ts';
import { errors, operations } from '../generated/contract.ts';
import { fillPath } from '../openapi/names.ts';
import { authentication, type Credentials } from './authentication.ts';
import { hostOf } from './base-url.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { errorOfNoAnswer, errorOfResponse, TagDeleteError } from './errors.ts';
import { type ImageTag, pathParameters } from './names.ts';
import { isPooledFetch } from './pooled-fetch.ts';
import { defaultRetry, mayHaveDeleted, type RetryOptions, withRetries } from './retry.ts';
import { requestOf, SlimRequest } from './sent-request.ts';

/** The provider's address, the caller's credentials, and how long to try. */
export type TagClientOptions = Credentials & {
  /** Such as `http://127.0.0.1:8080`. A path is kept in front of the operation's own. */
  readonly baseUrl: string;
  /** Sends the requests. Default: the platform's fetch. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** Default for each field: `defaultRetry`. */
  readonly retry?: Partial<RetryOptions>;
  /** The clock that dates signatures. */
  readonly now?: () => Date;
};

/** A tag that is gone. */
export interface Deleted {
  /**
   * `deleted-by-earlier-try`: an answer was lost, and the retry found the tag gone. Another caller may have deleted it
   * in between; the client cannot tell.
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
   * Deletes one tag, and never its siblings. Passing failures are retried.
   * @throws TagDeleteError if the tag was not deleted; before anything is sent if a name is invalid
   * @throws the signal's reason when it aborts
   */
  deleteTag(image: ImageTag, options?: { readonly signal?: AbortSignal }): Promise<Deleted>;
}

/**
 * Makes a client of the contract's operation.
 * @throws TypeError if baseUrl is not an http or https URL, or there is not exactly one way to authenticate
 */
export function createTagClient(options: TagClientOptions): TagClient {
  const { baseUrl, fetch = globalThis.fetch, now = () => new Date() } = options;
  const host = hostOf(baseUrl);
  const retry = { ...defaultRetry, ...options.retry };
  const client = createClient<paths>({
    baseUrl,
    pathSerializer: fillPath,
    Request: SlimRequest as unknown as typeof Request,
    fetch: boundedFetch(isPooledFetch(fetch) ? fetch : (request) => fetch(requestOf(request))),
  });
  client.use(authentication(options, now));

  /** @throws TagDeleteError for every answer but 204, and if none came */
  async function tryOnce(path: ReturnType<typeof pathParameters>, signal: AbortSignal, isAborted: () => boolean) {
    const { response, error } = await client
      .DELETE(operations.deleteRepoTag.path, { params: { path }, signal, parseAs: 'stream' })
      .catch((cause: unknown) => {
        throw isAborted() ? cause : errorOfNoAnswer(host, cause);
      });
    if (response.status !== 204) throw errorOfResponse(response, error);
    return response.headers.get('X-Request-Id') ?? undefined;
  }

  return {
    async deleteTag(image, { signal } = {}) {
      const path = pathParameters(image);
      let tries = 0;
      let mayBeDeleted = false;
      const work = async (trySignal: AbortSignal): Promise<Deleted> => {
        tries += 1;
        try {
          const requestId = await tryOnce(path, trySignal, () => signal?.aborted ?? false);
          return { outcome: 'deleted', requestId, tries };
        } catch (error) {
          if (!(error instanceof TagDeleteError)) throw error;
          if (mayBeDeleted && isTagGone(error)) {
            return { outcome: 'deleted-by-earlier-try', requestId: error.requestId, tries };
          }
          mayBeDeleted ||= mayHaveDeleted(error);
          throw error;
        }
      };
      return withRetries(work, retry, signal);
    },
  };
}

/** Whether a 404 is about the tag, and not about its repository or organization. */
function isTagGone({ status, code }: TagDeleteError): boolean {
  const { status: notFound, code: tagNotFound } = errors['tag-not-found'];
  return status === notFound && code === tagNotFound;
}
