// The server's login at the registry: a configured user name and password, or a file written by `docker login`, `podman
// login` or `skopeo login` (containers-auth.json(5)).
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { Problems } from '../../../../process/problems.ts';
import type { BasicCredentials } from '../../options.ts';
import { RegistryFailure } from '../failure.ts';

/** The Authorization header of RFC 7617. */
export function basic({ username, password }: BasicCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** @returns the login for a repository (`group/busybox`, or '' for none in particular), or undefined for anonymous */
export type CredentialsOf = (repository: string) => Promise<BasicCredentials | undefined>;

const authFileSchema = z.object({
  auths: z
    .record(z.string(), z.object({ auth: z.string().optional(), identitytoken: z.string().optional() }))
    .default({}),
  credHelpers: z.record(z.string(), z.string()).default({}),
  credsStore: z.string().optional(),
});

type AuthFile = z.infer<typeof authFileSchema>;

/**
 * Credentials from an auth file. It is read again when it has changed, since logins are renewed while the server runs.
 * @throws Problems if it cannot be used; they quote nothing of it
 */
export async function openAuthFile(path: string, registry: URL): Promise<CredentialsOf> {
  let version = '';
  let file: AuthFile | undefined;
  const read = async (): Promise<AuthFile> => {
    const { mtimeMs, size, ino } = await stat(path).catch(unreadable);
    const seen = `${mtimeMs} ${size} ${ino}`;
    if (file === undefined || seen !== version) file = parse(await readFile(path, 'utf8').catch(unreadable));
    version = seen;
    return file;
  };
  find(await read(), registry.host, '');
  return async (repository) => {
    try {
      return find(await read(), registry.host, repository);
    } catch (cause) {
      throw new RegistryFailure('unauthorized', `${path} cannot be used any more`, { cause });
    }
  };
}

function unreadable(error: unknown): never {
  throw new Problems([`cannot be read: ${(error as NodeJS.ErrnoException).code}`]);
}

function parse(text: string): AuthFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Problems(['is not valid JSON']);
  }
  const parsed = authFileSchema.safeParse(json);
  if (!parsed.success) {
    throw new Problems(parsed.error.issues.map(({ path, message }) => `${path.slice(0, 1).join('.')}: ${message}`));
  }
  return parsed.data;
}

/** Finds the entry of the longest matching prefix of `host/namespace/repository`. */
function find(file: AuthFile, host: string, repository: string): BasicCredentials | undefined {
  const entries = new Map(Object.entries(file.auths).map(([key, entry]) => [normalized(key), entry]));
  const parts = [normalized(host), ...repository.split('/').filter((part) => part !== '')];
  for (let length = parts.length; length > 0; length -= 1) {
    const key = parts.slice(0, length).join('/');
    const entry = entries.get(key);
    if (entry?.auth) return decode(entry.auth, key);
    if (entry?.identitytoken !== undefined)
      throw new Problems([`auths.${key} holds an identity token; a user name and password are needed`]);
    // An empty entry says that the password is in the desktop's credential store.
    if (entry !== undefined && file.credsStore !== undefined)
      throw new Problems([elsewhere(host, 'a credential store')]);
  }
  if (file.credHelpers[host] !== undefined) throw new Problems([elsewhere(host, 'a credential helper')]);
  return undefined;
}

function elsewhere(host: string, place: string): string {
  return `the password for ${host} is in ${place}; an auth file with the password itself is needed`;
}

/** `docker login` writes Docker Hub's entry under the first of these names; the registry's own name is the last. */
const DOCKER_HUB: readonly string[] = ['index.docker.io', 'docker.io', 'registry-1.docker.io'];

/** Docker writes some keys as the URL of an API version. `URL` drops the default port, so keys drop it too. */
function normalized(key: string): string {
  const [host = '', ...path] = key
    .replace(/^https?:\/\//, '')
    .replace(/\/(?:v[12]\/?)?$/, '')
    .split('/');
  const name = DOCKER_HUB.includes(host) ? 'docker.io' : host.replace(/:443$/, '');
  return [name, ...path].join('/');
}

function decode(auth: string, key: string): BasicCredentials {
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon <= 0) throw new Problems([`auths.${key}.auth must be the base64 of user:password`]);
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
