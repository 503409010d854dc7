/**
 * Reads the URL in front of the operation's path. What was checked is what is used: blanks around the URL, an empty query
 * and slashes at its end are gone.
 * @returns origin and path, without a slash at its end
 * @throws TypeError if it is not an http or https URL, or has a user, query or fragment. It is never quoted: it may
 * contain a password
 */
export function readBaseUrl(baseUrl: string): URL {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw new TypeError('baseUrl must be an http or https URL');
  if (url.username || url.password || url.search || url.hash) {
    throw new TypeError('baseUrl must not contain a user, query or fragment');
  }
  return new URL(url.origin + url.pathname);
}

/** The URL as text, without slashes at its end. */
export function withoutTrailingSlash({ origin, pathname }: URL): string {
  return origin + pathname.replace(/\/+$/, '');
}
