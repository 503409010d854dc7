// What a registry does with placeholders, as seen on its tags: its answers alone do not tell.
import { LRUCache } from 'lru-cache';
import { StoreError } from '../../../store.ts';
import type { TagDigests } from '../api/digest.ts';
import { notUnderstood, RegistryFailure } from '../api/failure.ts';
import type { Leftovers } from './leftovers.ts';

/**
 * Max answers "gone" for a placeholder that a tag still holds. One may be harmless: another server put the placeholder
 * there again, or the answer was an old one.
 */
const MAX_CONTRADICTIONS = 2;

/** A registry's answer to the delete of a placeholder. An error: asking again would not help. */
export type Said = 'deleted' | 'absent' | 'unknown' | StoreError;

/** The answers of one try, by digest. */
export type Statements = ReadonlyMap<string, Said>;

/** Max repositories that are remembered. Behind one host there may be several registries, so each is seen for itself. */
const MAX_REPOSITORIES = 1_000;

/** Milliseconds after which a repository counts as unknown again: its registry may have been replaced. */
const VALID_MS = 5 * 60_000;

export class RegistryBehaviours {
  readonly #known = new LRUCache<string, RegistryBehaviour>({
    max: MAX_REPOSITORIES,
    ttl: VALID_MS,
    // Looked up at each call: by default the clock of the import counts.
    perf: { now: () => performance.now() },
  });

  /** What was seen in a repository lately. */
  of(repository: string): RegistryBehaviour {
    let behaviour = this.#known.get(repository);
    if (behaviour === undefined) {
      behaviour = new RegistryBehaviour(repository);
      this.#known.set(repository, behaviour);
    }
    return behaviour;
  }
}

export class RegistryBehaviour {
  readonly #repository: string;
  #isProven = false;
  #keepsPlaceholders = false;

  constructor(repository: string) {
    this.#repository = repository;
  }

  /** Whether a tag was seen to be gone when the registry had said so, and no delete has failed since. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /** @throws RegistryFailure if the registry was seen to keep placeholders */
  checkPlaceholdersGo(): void {
    if (this.#keepsPlaceholders) throw keepsPlaceholders(this.#repository);
  }

  /** Begins to judge one delete, which may take several tries. */
  trial(): Trial {
    return new Trial(this.#repository, this);
  }

  /** A tag is gone, as the registry said. */
  confirm(): void {
    this.#isProven = true;
  }

  /** A delete failed: the registry may have been replaced. */
  doubt(): void {
    this.#isProven = false;
  }

  /** A tag still holds its placeholder, although the registry said that it is gone. */
  contradict(): void {
    this.#keepsPlaceholders = true;
  }
}

class Trial {
  readonly #repository: string;
  readonly #behaviour: RegistryBehaviour;
  #contradictions = 0;
  #wasKept = false;

  constructor(repository: string, behaviour: RegistryBehaviour) {
    this.#repository = repository;
    this.#behaviour = behaviour;
  }

  /**
   * @param said the registry's answers
   * @param left what was found afterwards
   * @returns why another try would not help, or undefined if it may
   */
  judge(said: Statements, left: Leftovers): StoreError | undefined {
    const refusal = [...said.values()].find((its) => its instanceof StoreError);
    if (refusal !== undefined) return refusal;
    const ofKept = [...left.placeholders].map((digest) => said.get(digest));
    const isKept = ofKept.includes('deleted') && !this.#behaviour.isProven;
    this.#wasKept ||= isKept;
    if (isKept || ofKept.includes('absent')) this.#contradictions += 1;
    if (this.#contradictions < MAX_CONTRADICTIONS) return undefined;
    if (!this.#wasKept) return notUnderstood(this.#repository, '404 for the delete of a manifest that is there');
    this.#behaviour.contradict();
    return keepsPlaceholders(this.#repository);
  }

  /**
   * @param before the digests that the tags had
   * @returns a failure for each tag that still has its digest: the registry may do nothing of what it says. It may also be
   *   a push of the same image, if a known registry had the placeholder to delete.
   */
  unmoved(before: TagDigests, said: Statements, { images }: Leftovers): Map<string, StoreError> {
    const isTrusted = this.#behaviour.isProven && [...said.values()].every((its) => its === 'deleted');
    const unmoved = isTrusted ? [] : [...images].filter(([tag, digest]) => before.get(tag) === digest);
    const why = (tag: string) => notUnderstood(this.#repository, `${tag} still has its digest`);
    return new Map(unmoved.map(([tag]) => [tag, why(tag)]));
  }
}

function keepsPlaceholders(repository: string): RegistryFailure {
  const why = 'the registry keeps a tag whose digest it has deleted, so single tags cannot be deleted there';
  return new RegistryFailure('deletion-disabled', `${repository}: ${why}`);
}
