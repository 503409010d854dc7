// Written by `npm run generate` from openapi/openapi.yaml. Do not edit.

export interface paths {
    readonly "/v2/manage/namespaces/{namespace}/repos/{repository}/tags/{tag}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /**
         * Delete the image with a specified tag
         * @description Deletes the tag, and nothing else.
         *
         *     **The rules**
         *     1. Checks run in this order: credentials (401), form of the request (400), permission (403),
         *        existence of the tag (404). Callers without permission never learn what exists.
         *        429 comes after 400 and before 403.
         *     2. A second delete of the same tag returns 404 `tag-not-found`. Of several simultaneous deletes
         *        of one tag, exactly one returns 204.
         *     3. Other tags survive, even those with the same digest.
         *     4. The repository outlives its last tag: the next delete in it returns 404 `tag-not-found`, not
         *        `repository-not-found`.
         *     5. A `/` in the repository name travels as `$`, either plain or as `%24`: send `team/app` as
         *        `team$app`. `%2F` is invalid, and a raw `/` makes a different path.
         *
         *     The operation takes no query parameter and no body. `Content-Type: application/json`, which the
         *     vendor's documents ask for, is accepted but not required.
         *
         *     **What to do on an error**
         *
         *     | status | cause | retry? | what to do |
         *     |---|---|---|---|
         *     | 400 | `invalid-namespace`, `invalid-repository`, `invalid-tag`, `unknown-query-parameter` | no | correct the request; `error_msg` says what is allowed |
         *     | 401 | `missing-credentials` | no | send a token or sign the request |
         *     | 401 | `unknown-token` | with a new token | obtain a new token |
         *     | 401 | `bad-signature` | no | check the access key, the secret key and the signed text |
         *     | 401 | `temporary-access-key` | no | sign with a permanent access key and without `X-Security-Token`, or send a token |
         *     | 401 | `expired-signature` | after signing again | set the clock, then sign again |
         *     | 401 | `malformed-authorization`, `unsigned-date`, `absent-signed-header` | no | correct the signing code; `error_msg` says what is wrong |
         *     | 401 | `ambiguous-credentials` | no | send a token or a signature, not both |
         *     | 403 | `namespace-not-permitted` | no | ask the operator for permission in this organization |
         *     | 403 | `tag-protected` | no | leave the tag alone: the operator protects it on purpose |
         *     | 404 | `organization-not-found`, `repository-not-found` | no | check the name; send each `/` in it as `$` |
         *     | 404 | `tag-not-found` | no | check the spelling; after a retry, nothing: the tag is gone |
         *     | 429 | `throttled` | yes, after `Retry-After` seconds | wait, then send fewer requests |
         *     | 500 | `storage-failure` | yes, with growing pauses | try again; if it keeps failing, give the operator the request ID |
         *     | 500 | `authentication-unavailable` | yes, with growing pauses | keep the token and try again; nothing was changed |
         */
        readonly delete: operations["deleteRepoTag"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description One body for both of the vendor's formats: the top-level pair, and the same pair in errors[0]. */
        readonly Error: {
            readonly error_code: components["schemas"]["ErrorCode"];
            readonly error_msg: components["schemas"]["ErrorMessage"];
            /** @description The same error in the format that older tools read. */
            readonly errors: readonly components["schemas"]["ErrorEntry"][];
            /** @description Equals the X-Request-Id header. */
            readonly request_id: string;
        };
        /** @description The vendor's error code. Scripts may depend on it. */
        readonly ErrorCode: string;
        /** @description The error in the format that older tools read. */
        readonly ErrorEntry: {
            /** @description What exactly was wrong, if the message does not say it. Often empty. */
            readonly detail: string;
            readonly errorCode: components["schemas"]["ErrorCode"];
            readonly errorMessage: components["schemas"]["ErrorMessage"];
        };
        /** @description Text for people. It may change. */
        readonly ErrorMessage: string;
    };
    responses: {
        /** @description The request breaks a rule of this contract. Nothing was looked up or changed. */
        readonly BadRequest: {
            headers: {
                readonly "X-Request-Id": components["headers"]["RequestId"];
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/json": components["schemas"]["Error"];
            };
        };
        /** @description The caller is known but may not delete this tag. The answer does not tell whether the tag exists. */
        readonly Forbidden: {
            headers: {
                readonly "X-Request-Id": components["headers"]["RequestId"];
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/json": components["schemas"]["Error"];
            };
        };
        /** @description The provider failed: try again. After `storage-failure` the tag may or may not be gone; after `authentication-unavailable` nothing was changed. */
        readonly InternalError: {
            headers: {
                readonly "X-Request-Id": components["headers"]["RequestId"];
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/json": components["schemas"]["Error"];
            };
        };
        /** @description The image with the specified tag was deleted. No content. */
        readonly NoContent: {
            headers: {
                readonly "X-Request-Id": components["headers"]["RequestId"];
                readonly [name: string]: unknown;
            };
            content?: never;
        };
        /** @description The organization, the repository or the tag does not exist, or no longer exists. */
        readonly NotFound: {
            headers: {
                readonly "X-Request-Id": components["headers"]["RequestId"];
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/json": components["schemas"]["Error"];
            };
        };
        /** @description The caller sends too many requests, too many deletes or checks of tokens are already in progress, or other programs keep writing to the repository. Nothing was changed. */
        readonly TooManyRequests: {
            headers: {
                readonly "Retry-After": components["headers"]["RetryAfter"];
                readonly "X-Request-Id": components["headers"]["RequestId"];
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/json": components["schemas"]["Error"];
            };
        };
        /** @description The caller is unknown. This is decided before the names in the path are checked. */
        readonly Unauthorized: {
            headers: {
                readonly "WWW-Authenticate": components["headers"]["WwwAuthenticate"];
                readonly "X-Request-Id": components["headers"]["RequestId"];
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/json": components["schemas"]["Error"];
            };
        };
    };
    parameters: {
        /**
         * @description Organization name, 1 to 64 characters: lowercase letters and digits, with `.`, `_`, `__` or
         *     hyphens between them. It starts with a lowercase letter and ends with a lowercase letter or digit.
         * @example group
         */
        readonly Namespace: string;
        /**
         * @description Image repository name, 1 to 128 characters: lowercase letters and digits, with `.`, `_`, `__`,
         *     hyphens or `$` between them. It starts and ends with a lowercase letter or digit.
         *     Send a `/` in the name as `$`: `team/app` becomes `team$app`.
         * @example busybox
         */
        readonly Repository: string;
        /**
         * @description Tag name, 1 to 128 characters: letters, digits, `_`, `.` and `-`. It starts with a letter, a digit or `_`.
         * @example v2
         */
        readonly Tag: string;
    };
    requestBodies: never;
    headers: {
        /**
         * @description Identifies the request in the provider's logs. Callers may choose it: an X-Request-Id of this form in the request is kept.
         * @example 4f1c6f0c2f6e4f0d9a0b8f2f7d3c5e61
         */
        readonly RequestId: string;
        /**
         * @description Seconds to wait before a retry (RFC 9110, section 10.2.3).
         * @example 30
         */
        readonly RetryAfter: number;
        /**
         * @description The challenge that RFC 9110 requires on a 401 (section 11.6.1).
         * @example SDK-HMAC-SHA256
         */
        readonly WwwAuthenticate: "SDK-HMAC-SHA256";
    };
    pathItems: never;
}
export type SchemaError = components['schemas']['Error'];
export type SchemaErrorCode = components['schemas']['ErrorCode'];
export type SchemaErrorEntry = components['schemas']['ErrorEntry'];
export type SchemaErrorMessage = components['schemas']['ErrorMessage'];
export type ResponseBadRequest = components['responses']['BadRequest'];
export type ResponseForbidden = components['responses']['Forbidden'];
export type ResponseInternalError = components['responses']['InternalError'];
export type ResponseNoContent = components['responses']['NoContent'];
export type ResponseNotFound = components['responses']['NotFound'];
export type ResponseTooManyRequests = components['responses']['TooManyRequests'];
export type ResponseUnauthorized = components['responses']['Unauthorized'];
export type ParameterNamespace = components['parameters']['Namespace'];
export type ParameterRepository = components['parameters']['Repository'];
export type ParameterTag = components['parameters']['Tag'];
export type HeaderRequestId = components['headers']['RequestId'];
export type HeaderRetryAfter = components['headers']['RetryAfter'];
export type HeaderWwwAuthenticate = components['headers']['WwwAuthenticate'];
export type $defs = Record<string, never>;
export interface operations {
    readonly deleteRepoTag: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /**
                 * @description Organization name, 1 to 64 characters: lowercase letters and digits, with `.`, `_`, `__` or
                 *     hyphens between them. It starts with a lowercase letter and ends with a lowercase letter or digit.
                 * @example group
                 */
                readonly namespace: components["parameters"]["Namespace"];
                /**
                 * @description Image repository name, 1 to 128 characters: lowercase letters and digits, with `.`, `_`, `__`,
                 *     hyphens or `$` between them. It starts and ends with a lowercase letter or digit.
                 *     Send a `/` in the name as `$`: `team/app` becomes `team$app`.
                 * @example busybox
                 */
                readonly repository: components["parameters"]["Repository"];
                /**
                 * @description Tag name, 1 to 128 characters: letters, digits, `_`, `.` and `-`. It starts with a letter, a digit or `_`.
                 * @example v2
                 */
                readonly tag: components["parameters"]["Tag"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 204: components["responses"]["NoContent"];
            readonly 400: components["responses"]["BadRequest"];
            readonly 401: components["responses"]["Unauthorized"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["NotFound"];
            readonly 429: components["responses"]["TooManyRequests"];
            readonly 500: components["responses"]["InternalError"];
        };
    };
}
