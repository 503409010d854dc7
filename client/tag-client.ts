import createClient from 'openapi-fetch';
import type { paths } from '../generated/api.ts';
import { authToken, operations } from '../generated/contract.ts';
import { errorOfResponse, TagDeleteError } from './errors.ts';
import { type ImageTag, pathParameters } from './names.ts';

/** Where the provider is and who asks. */
export interface TagClientOptions {
  /** As `http://127.0.0.1:8080`; a path in front of the operation's own is kept. */
  readonly baseUrl: string;
  /** The IAM token that is sent as X-Auth-Token. */
  readonly token: string;
  /** Sends the requests; left out, the platform's fetch. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** Deletes tags. */
export interface TagClient {
  /**
   * Deletes one tag, and never its siblings.
   * @throws TagDeleteError when the tag was not deleted; before anything is sent when a name is illegal
   */
  deleteTag(image: ImageTag): Promise<void>;
}

/**
 * A client of the contract's operation.
 * @throws TypeError where baseUrl is no http or https URL
 */
export function createTagClient({ baseUrl, token, fetch }: TagClientOptions): TagClient {
  if (!/^https?:$/.test(new URL(baseUrl).protocol))
    throw new TypeError(`baseUrl must be an http or https URL: ${baseUrl}`);
  const client = createClient<paths>({
    baseUrl,
    headers: { [authToken.header]: token },
    // Followed, a redirect would carry the token to whatever host it names.
    redirect: 'manual',
    ...(fetch && { fetch }),
  });
  return {
    async deleteTag(image) {
      const params = { path: pathParameters(image) };
      const { response, error } = await client
        .DELETE(operations.deleteRepoTag.path, { params })
        .catch((cause: unknown) => {
          throw new TagDeleteError(`no answer from ${new URL(baseUrl).host}: ${(cause as Error).message}`, { cause });
        });
      if (response.status !== 204) throw errorOfResponse(response, error);
    },
  };
}
