import createClient, { type Middleware } from 'openapi-fetch';
import type { paths } from '../generated/api.ts';
import { authToken, errors, operations } from '../generated/contract.ts';
import { fillPath } from '../openapi/names.ts';
import { type AccessKeyPair, signingHeaders } from '../signature/sign.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { errorOfNoAnswer, errorOfResponse, TagDeleteError } from './errors.ts';
import { type ImageTag, pathParameters } from './names.ts';
import { defaultRetry, mayHaveDeleted, type RetryOptions, withRetries } from './retry.ts';

/** Who asks: a token, which is sent, or an access key pair, which signs. */
export type Credentials = { readonly token: string } | AccessKeyPair;

/** Where the provider is, who asks, and how patiently. */
export type TagClientOptions = Credentials & {
  /** As `http://127.0.0.1:8080`; a path in front of the operation's own is kept. */
  readonly baseUrl: string;
  /** Sends the requests; left out, the platform's fetch. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** What is left out is as in `defaultRetry`. */
  readonly retry?: Partial<RetryOptions>;
  /** The clock that signatures are dated by. */
  readonly now?: () => Date;
};

/** A tag that is gone. */
export interface Deleted {
  /**
   * `deleted-by-earlier-try`: the answer was lost, and the retry found the tag gone. Somebody else may have deleted it
   * in between; that cannot be told.
   */
  readonly outcome: 'deleted' | 'deleted-by-earlier-try';
  /** Identifies the last request in the provider's log. */
  readonly requestId: string | undefined;
  /** How often it was asked. */
  readonly tries: number;
}

/** Deletes tags. */
export interface TagClient {
  /**
   * Deletes one tag, and never its siblings. Passing failures are retried.
   * @throws TagDeleteError when the tag was not deleted; before anything is sent when a name is illegal
   * @throws the signal's reason when it aborts
   */
  deleteTag(image: ImageTag, options?: { readonly signal?: AbortSignal }): Promise<Deleted>;
}

/**
 * A client of the contract's operation.
 * @throws TypeError where baseUrl is no http or https URL, or the credentials are none or two
 */
export function createTagClient(options: TagClientOptions): TagClient {
  const { baseUrl, fetch = globalThis.fetch } = options;
  const host = hostOf(baseUrl);
  const retry = { ...defaultRetry, ...options.retry };
  const client = createClient<paths>({
    baseUrl,
    // Followed, a redirect would carry the credentials to whatever host it names.
    redirect: 'manual',
    pathSerializer: fillPath,
    fetch: boundedFetch(fetch),
    ...('Request' in fetch && { Request: fetch.Request as typeof Request }),
  });
  client.use(authentication(options));

  /** @throws TagDeleteError for every answer but 204, and for none */
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

/** Nothing of the URL is quoted: a password may stand in it. */
function hostOf(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw new TypeError('baseUrl must be an http or https URL');
  if (url.username || url.password || url.search || url.hash) {
    throw new TypeError('baseUrl must hold no user, query or fragment');
  }
  return url.host;
}

/** Whether a 404 speaks of the tag, and not of what it would be in. */
function isTagGone({ status, code }: TagDeleteError): boolean {
  const { status: notFound, code: tagNotFound } = errors['tag-not-found'];
  return status === notFound && code === tagNotFound;
}

/** Every try is signed anew: a signature is valid for minutes. */
function authentication(options: TagClientOptions): Middleware {
  const { token, accessKey, secretKey } = options as Partial<AccessKeyPair & { token: string }>;
  const isKeyPair = Boolean(accessKey && secretKey);
  if (Boolean(token) === isKeyPair || (!isKeyPair && (accessKey || secretKey))) {
    throw new TypeError('either a token, or an accessKey and a secretKey are needed');
  }
  for (const credential of [token, accessKey]) {
    // What no header can carry is found out here, and not quoted.
    if (credential && !/^[\x21-\x7e]+$/.test(credential))
      throw new TypeError('a credential holds a character that no header can carry');
  }
  const { now = () => new Date() } = options;
  return {
    onRequest({ request }) {
      const headers: Record<string, string> = token
        ? { [authToken.header]: token }
        : signingHeaders(
            request.method,
            new URL(request.url),
            { accessKey: accessKey ?? '', secretKey: secretKey ?? '' },
            now(),
          );
      for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
    },
  };
}
