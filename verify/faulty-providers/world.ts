// Who and what there is at a provider before the first request.
import type { AccessKeyPair } from '../../signature/sign.ts';
import type { ErrorName, Names } from './behaviour.ts';

/** Somebody who may ask. */
export interface Caller extends AccessKeyPair {
  readonly token: string;
  /** Where it may delete. */
  readonly namespaces: readonly string[];
}

/** The state of a provider. */
export interface World {
  readonly allowed: Caller;
  readonly forbidden: Caller;
  readonly tags: Tags;
  /** Tags whose deletion is answered with an error, whatever else holds. */
  readonly provoked: Readonly<Record<string, ErrorName>>;
}

/** The names of a new world. A slash in the repository's name: it has to travel as the contract says. */
export const NAMESPACE = 'group';
export const REPOSITORY = 'team/app';
const TAGS = Array.from({ length: 16 }, (_, index) => `v${index + 1}`);
/** Every tag points to the same image: who deletes by digest deletes them all. */
const DIGEST = `sha256:${'ab'.repeat(32)}`;
const PROVOKED = { boom: 'storage-failure', busy: 'throttled', keep: 'tag-protected' } as const;

/** Tags in memory, each with the digest that it points to. A repository outlives its last tag. */
export class Tags {
  readonly #repositories = new Map<string, Map<string, string>>();

  add({ namespace, repository, tag }: Names, digest: string): void {
    const key = `${namespace}/${repository}`;
    this.#repositories.set(key, new Map([...(this.#repositories.get(key) ?? []), [tag, digest]]));
  }

  hasNamespace(namespace: string): boolean {
    return [...this.#repositories.keys()].some((key) => key.startsWith(`${namespace}/`));
  }

  /** The tags of a repository with their digests; undefined where there is no such repository. */
  of({ namespace, repository }: Omit<Names, 'tag'>): Map<string, string> | undefined {
    return this.#repositories.get(`${namespace}/${repository}`);
  }

  forget({ namespace, repository }: Omit<Names, 'tag'>): void {
    this.#repositories.delete(`${namespace}/${repository}`);
  }
}

/** A new state, with every tag in place. */
export function createWorld(): World {
  const tags = new Tags();
  for (const tag of [...TAGS, ...Object.keys(PROVOKED)]) {
    tags.add({ namespace: NAMESPACE, repository: REPOSITORY, tag }, DIGEST);
  }
  return {
    allowed: {
      token: 'token-of-the-allowed',
      accessKey: 'AKALLOWED',
      secretKey: 'secret-key-of-the-allowed',
      namespaces: [NAMESPACE, 'no-such-org'],
    },
    forbidden: {
      token: 'token-of-the-forbidden',
      accessKey: 'AKFORBIDDEN',
      secretKey: 'secret-key-of-the-forbidden',
      namespaces: ['elsewhere'],
    },
    tags,
    provoked: PROVOKED,
  };
}

const credentials = ({ token, accessKey, secretKey }: Caller) => ({ token, accessKey, secretKey });

/** The fixtures that describe a new world to the check. */
export function fixturesOf({ allowed, forbidden }: World) {
  const names = { namespace: NAMESPACE, repository: REPOSITORY };
  return {
    credentials: { allowed: credentials(allowed), forbidden: credentials(forbidden) },
    images: { ...names, tags: TAGS },
    absent: { tag: 'no-such-tag', repository: 'no-such-repo', namespace: 'no-such-org' },
    provoke: { 500: { ...names, tag: 'boom' }, 429: { ...names, tag: 'busy' } },
  };
}
