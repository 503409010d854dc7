// What a registry does with placeholders, as seen on its tags: its answers alone do not tell.
import { StoreError } from '../../../store.ts';
import type { TagDigests } from '../api/digest.ts';
import { notUnderstood, RegistryFailure } from '../api/failure.ts';
import type { Leftovers } from './leftovers.ts';

/**
 * Max answers "gone" for a placeholder that a tag still holds. One may be harmless: another server put the placeholder
 * there again, or the answer was an old one.
 */
const MAX_CONTRADICTIONS = 2;

/** Milliseconds until a registry that kept placeholders is asked again: it may be another one by then. */
const KEPT_MS = 5 * 60_000;

/** A registry's answer to the delete of a placeholder. An error: asking again would not help. */
export type Said = 'deleted' | 'absent' | 'unknown' | StoreError;

/** The answers of one try, by digest. */
export type Statements = ReadonlyMap<string, Said>;

export class RegistryBehaviour {
  #isProven = false;
  /** Time of performance.now(). */
  #keptUntil = 0;

  /** Whether a tag was seen to be gone when the registry had said so. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /** @throws RegistryFailure if the registry was seen to keep placeholders */
  checkPlaceholdersGo(repository: string): void {
    if (performance.now() < this.#keptUntil) throw keepsPlaceholders(repository);
  }

  /** Begins to judge one delete, which may take several tries. */
  trial(repository: string): Trial {
    return new Trial(repository, this);
  }

  /** A tag is gone, as the registry said. */
  confirm(): void {
    this.#isProven = true;
  }

  /** A tag still holds its placeholder, although the registry said that it is gone. */
  contradict(): void {
    this.#keptUntil = performance.now() + KEPT_MS;
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
   * @returns a failure for each tag that still has its digest: an unknown registry may do nothing of what it says
   */
  unmoved(before: TagDigests, { images }: Leftovers): Map<string, StoreError> {
    const unmoved = this.#behaviour.isProven ? [] : [...images].filter(([tag, digest]) => before.get(tag) === digest);
    const why = (tag: string) => notUnderstood(this.#repository, `${tag} still has its digest`);
    return new Map(unmoved.map(([tag]) => [tag, why(tag)]));
  }
}

function keepsPlaceholders(repository: string): RegistryFailure {
  const why = 'the registry keeps a tag whose digest it has deleted, so single tags cannot be deleted there';
  return new RegistryFailure('deletion-disabled', `${repository}: ${why}`);
}
