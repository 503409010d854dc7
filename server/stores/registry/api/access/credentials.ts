// The server's login at the registry.
import type { BasicCredentials } from '../../options.ts';

/** The Authorization header of RFC 7617. */
export function basic({ username, password }: BasicCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** @returns the login for a repository (`group/busybox`, or '' for none in particular), or undefined for anonymous */
export type CredentialsOf = (repository: string) => Promise<BasicCredentials | undefined>;
