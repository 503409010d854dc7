import { TagDeleteError } from '../../errors/errors.ts';
import { type ImageTag, pathParameters } from '../../names.ts';

/** The text is not a reference; the message says why. */
export class InvalidReference extends Error {
  override readonly name = 'InvalidReference';
}

/**
 * Reads a reference as `docker push` has it: `[host/]namespace/repository:tag`. The repository may contain more slashes.
 * An organization's name may contain periods, as a host's does. So a name with a period or a colon in front of two others
 * is a host, as for Docker: a known one is left out, another one is refused, never taken for an organization.
 * @param imageHosts hosts that are left out, in lower case
 * @throws InvalidReference
 */
export function parseReference(text: string, imageHosts: ReadonlySet<string>): ImageTag {
  const { first = '', rest = '' } = /^(?<first>[^/]*)\/(?<rest>.*)$/s.exec(text)?.groups ?? {};
  if (!looksLikeHost(first)) return parseNames(text);
  if (imageHosts.has(first.toLowerCase())) return parseNames(rest);
  if (/^[a-z]+:$/i.test(first)) throw new InvalidReference('must read namespace/repository:tag, without a scheme');
  if (rest.includes('/')) throw new InvalidReference(unknownHost(first, rest));
  return parseNames(text);
}

/**
 * Reads `namespace/repository:tag`.
 * @throws InvalidReference
 */
export function parseNames(text: string): ImageTag {
  const { namespace, repository, tag } =
    /^(?<namespace>[^/]+)\/(?<repository>.+):(?<tag>[^:/]*)$/.exec(text)?.groups ?? {};
  if (namespace === undefined || repository === undefined || tag === undefined) {
    throw new InvalidReference('must read namespace/repository:tag');
  }
  const image = { namespace, repository, tag };
  try {
    pathParameters(image);
  } catch (error) {
    if (error instanceof TagDeleteError) throw new InvalidReference(error.message, { cause: error });
    throw error;
  }
  return image;
}

/** @returns `namespace/repository:tag` */
export function formatReference({ namespace, repository, tag }: ImageTag): string {
  return `${namespace}/${repository}:${tag}`;
}

/**
 * The hosts that references may begin with at an endpoint: its own, and for the cloud's `swr-api.<region>.…` the host
 * `swr.<region>.…` that images are pushed to.
 */
export function imageHostsOf(endpoint: string, others: readonly string[]): ReadonlySet<string> {
  const { host } = new URL(endpoint);
  return new Set([host, host.replace(/^swr-api\./, 'swr.'), ...others.map((other) => other.toLowerCase())]);
}

/** Docker's rule: it has a period or a colon, or is `localhost`. */
function looksLikeHost(name: string): boolean {
  return /[.:]/.test(name) || name === 'localhost';
}

function unknownHost(host: string, rest: string): string {
  const isNoName = /[^a-z0-9._-]/.test(host);
  const organization = isNoName
    ? ''
    : `; if it is an organization, write ${shellWord(`${host}/${rest.replaceAll('/', '$')}`)}`;
  return `${host} looks like an image host, and is not the endpoint's: leave it out, or name it with --image-host${organization}`;
}

/** As a shell takes it for one word, without expanding it. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
