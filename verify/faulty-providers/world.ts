// The state of a provider before the first request: callers, images, tags.
import type { AccessKeyPair } from '../../signature/sign.ts';
import type { Fixtures } from '../fixtures.ts';
import type { ErrorName, Names } from './names.ts';

/** A known caller. */
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
  /** Tags whose deletion is always answered with an error. */
  readonly provoked: Readonly<Record<string, ErrorName>>;
}

/** The names of a new world. A slash in the repository's name: it has to travel as the contract says. */
const NAMESPACE = 'group';
const REPOSITORY = 'team/app';
/** One begins with another, one differs in letters' case; all point to the same image. */
const TAGS = ['V1', ...Array.from({ length: 11 }, (_, index) => `v${index + 1}`)];
const DIGEST = `sha256:${'ab'.repeat(32)}`;
/** Of a repository of their own, so that the other one can lose its last tag. */
const PROVOKED_REPOSITORY = 'provoked';
const PROVOKED = { boom: 'storage-failure', busy: 'throttled', keep: 'tag-protected' } as const;

const ABSENT = { tag: 'no-such-tag', repository: 'no-such-repo', namespace: 'no-such-org' };

/** Tags in memory, each with the digest that it points to. A repository outlives its last tag. */
class Tags {
  readonly #repositories = new Map<string, Map<string, string>>();

  add({ namespace, repository, tag }: Names, digest: string): void {
    const key = `${namespace}/${repository}`;
    this.#repositories.set(key, new Map([...(this.#repositories.get(key) ?? []), [tag, digest]]));
  }

  hasNamespace(namespace: string): boolean {
    return [...this.#repositories.keys()].some((key) => key.startsWith(`${namespace}/`));
  }

  /** The tags of a repository with their digests; undefined if there is no such repository. */
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
  for (const tag of TAGS) tags.add({ namespace: NAMESPACE, repository: REPOSITORY, tag }, DIGEST);
  for (const tag of Object.keys(PROVOKED)) {
    tags.add({ namespace: NAMESPACE, repository: PROVOKED_REPOSITORY, tag }, DIGEST);
  }
  return {
    allowed: {
      token: 'token-of-the-allowed',
      accessKey: 'AKALLOWED',
      secretKey: 'secret-key-of-the-allowed',
      namespaces: [NAMESPACE, ABSENT.namespace],
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

/** Fixtures with every credential. */
export interface CompleteFixtures extends Fixtures {
  readonly credentials: Readonly<Record<'allowed' | 'forbidden', Omit<Caller, 'namespaces'>>>;
}

/** The fixtures that describe a new world to the check. */
export function fixturesOf({ allowed, forbidden }: World): CompleteFixtures {
  const provoked = Object.entries(PROVOKED).map(([tag, name]) => [
    name,
    { namespace: NAMESPACE, repository: PROVOKED_REPOSITORY, tag },
  ]);
  return {
    credentials: { allowed: credentials(allowed), forbidden: credentials(forbidden) },
    images: { namespace: NAMESPACE, repository: REPOSITORY, tags: TAGS },
    absent: ABSENT,
    provoke: Object.fromEntries(provoked),
  };
}
