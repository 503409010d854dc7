// Logins from a file that `docker login`, `podman login` or `skopeo login` wrote (containers-auth.json(5)).
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { Problems } from '../../../../process/input/problems.ts';
import { wordIssue } from '../../../../process/input/word-issue.ts';
import { type BasicCredentials, CONTROL_CHARACTER } from '../../options.ts';
import { RegistryFailure } from '../failure.ts';
import type { CredentialsOf } from './credentials.ts';

const authFileSchema = z.object({
  auths: z
    .record(z.string(), z.looseObject({}))
    .nullish()
    .transform((auths) => auths ?? {}),
  credHelpers: z
    .record(z.string(), z.string())
    .nullish()
    .transform((helpers) => helpers ?? {}),
  credsStore: z.string().nullish(),
});

type AuthFile = z.infer<typeof authFileSchema>;

/**
 * Checks an auth file.
 * @param registry undefined: only whether it is an auth file
 * @throws Problems if it cannot be used; they quote nothing of it
 */
export async function checkAuthFile(path: string, registry: URL | undefined): Promise<void> {
  const file = await createReader(path)();
  if (registry !== undefined) checkEntries(file, registry);
}

/**
 * Credentials from an auth file. It is read again when it has changed, since logins are renewed while the server runs.
 * @throws Problems if it cannot be used; they quote nothing of it
 */
export async function openAuthFile(path: string, registry: URL): Promise<CredentialsOf> {
  const read = createReader(path);
  checkEntries(await read(), registry);
  return async (repository) => {
    try {
      return find(await read(), registry, repository);
    } catch (cause) {
      throw new RegistryFailure('unauthorized', `${path} cannot be used any more`, { cause });
    }
  };
}

/** @returns what reads the file, and parses it only if it has changed. It throws Problems if it cannot be used */
function createReader(path: string): () => Promise<AuthFile> {
  let version = '';
  let file: AuthFile | undefined;
  return async () => {
    const status = await stat(path).catch(unreadable);
    // Reading a pipe would wait for its writer.
    if (!status.isFile()) throw new Problems(['is not a regular file']);
    const { mtimeMs, size, ino } = status;
    const seen = `${mtimeMs} ${size} ${ino}`;
    if (file === undefined || seen !== version) file = parse(await readFile(path, 'utf8').catch(unreadable));
    version = seen;
    return file;
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
  const parsed = authFileSchema.safeParse(json, { error: wordIssue });
  if (!parsed.success) {
    throw new Problems(parsed.error.issues.map(({ path, message }) => `${path.slice(0, 1).join('.')}: ${message}`));
  }
  return parsed.data;
}

/** Checks every entry for the registry, those of single repositories too. @throws Problems */
function checkEntries(file: AuthFile, registry: URL): void {
  for (const key of entriesOf(file, registry).keys()) find(file, registry, key.split('/').slice(1).join('/'));
  find(file, registry, '');
}

/**
 * Finds the entry of the longest matching prefix of `host/namespace/repository`. Like Docker, it takes `auth`, or `username`
 * and `password`.
 * @throws Problems if the entry has no login that can be used: anonymous requests would fail one by one
 */
function find(file: AuthFile, registry: URL, repository: string): BasicCredentials | undefined {
  const { host } = registry;
  const entries = entriesOf(file, registry);
  const parts = [normalized(host, registry), ...repository.split('/').filter((part) => part !== '')];
  for (let length = parts.length; length > 0; length -= 1) {
    const key = parts.slice(0, length).join('/');
    const entry = entries.get(key);
    if (entry !== undefined && !(isEmpty(entry) && isElsewhere(file, registry))) return loginOf(entry, `auths.${key}`);
  }
  if (file.credsStore) throw new Problems([elsewhere(host, 'a credential store')]);
  if (isElsewhere(file, registry)) throw new Problems([elsewhere(host, 'a credential helper')]);
  return undefined;
}

type Entry = AuthFile['auths'][string];

/** The entries for the registry, by normalized key. Of two spellings of a key the one with content counts. */
function entriesOf({ auths }: AuthFile, registry: URL): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  const host = normalized(registry.host, registry);
  for (const [spelling, entry] of Object.entries(auths)) {
    const key = normalized(spelling, registry);
    const isOurs = key === host || key.startsWith(`${host}/`);
    if (isOurs && !(isEmpty(entry) && entries.has(key))) entries.set(key, entry);
  }
  return entries;
}

/** Whether the password is kept by another program, which leaves an empty entry or none. */
function isElsewhere({ credsStore, credHelpers }: AuthFile, registry: URL): boolean {
  const host = normalized(registry.host, registry);
  const helped = Object.keys(credHelpers).map((key) => normalized(key, registry));
  return Boolean(credsStore) || helped.some((key) => key === host || key.startsWith(`${host}/`));
}

function isEmpty(entry: Entry): boolean {
  return Object.keys(entry).length === 0;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

function loginOf({ auth, username, password, identitytoken, registrytoken }: Entry, key: string): BasicCredentials {
  // Beside an identity token `auth` has a user name without a password.
  if (isText(identitytoken) || isText(registrytoken)) {
    throw new Problems([`${key} holds an identity token; a user name and password are needed`]);
  }
  if (isText(auth)) return decode(auth, key);
  if (!isText(username) || !isText(password)) {
    throw new Problems([`${key} holds no login; auth, or username and password, is needed`]);
  }
  // RFC 7617 §2: the first colon ends the user name.
  if (username.includes(':')) throw new Problems([`${key}.username must not contain a colon`]);
  return checked({ username, password }, key);
}

/** RFC 7617 §2. Most often it is the line break of `echo user:password | base64`. */
function checked(login: BasicCredentials, key: string): BasicCredentials {
  if (CONTROL_CHARACTER.test(login.username + login.password)) {
    throw new Problems([`${key} must not contain control characters, such as a line break`]);
  }
  return login;
}

function elsewhere(host: string, place: string): string {
  return `the password for ${host} is in ${place}; an auth file with the password itself is needed`;
}

/** `docker login` writes Docker Hub's entry under the first of these names; the registry's own name is the last. */
const DOCKER_HUB: readonly string[] = ['index.docker.io', 'docker.io', 'registry-1.docker.io'];

/** Docker writes some keys as the URL of an API version. `URL` drops the default port, so keys drop it too. */
function normalized(key: string, { protocol }: URL): string {
  const [host = '', ...path] = key
    .replace(/^https?:\/\//, '')
    .replace(/\/(?:v[12]\/?)?$/, '')
    .split('/');
  const name = host.toLowerCase().replace(protocol === 'https:' ? /:443$/ : /:80$/, '');
  return [DOCKER_HUB.includes(name) ? 'docker.io' : name, ...path].join('/');
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

function decode(auth: string, key: string): BasicCredentials {
  const text = BASE64.test(auth) ? Buffer.from(auth, 'base64').toString('utf8') : '';
  const colon = text.indexOf(':');
  if (colon <= 0) throw new Problems([`${key}.auth must be the base64 of user:password`]);
  return checked({ username: text.slice(0, colon), password: text.slice(colon + 1) }, `${key}.auth`);
}
