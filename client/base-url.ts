/**
 * Checks the URL in front of the operation's path.
 * @returns its host, for messages
 * @throws TypeError if it is not an http or https URL, or has a user, query or fragment. It is never quoted: it may
 * contain a password
 */
export function hostOf(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw new TypeError('baseUrl must be an http or https URL');
  if (url.username || url.password || url.search || url.hash) {
    throw new TypeError('baseUrl must not contain a user, query or fragment');
  }
  return url.host;
}
