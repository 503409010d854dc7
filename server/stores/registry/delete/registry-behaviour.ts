// What a registry was seen to do with dummies, beside what it says of them.
import { StoreError } from '../../../store.ts';
import { notUnderstood, RegistryFailure } from '../api/failure.ts';
import type { Leftovers } from './leftovers.ts';

/**
 * So often a registry may say that a dummy is gone which a tag still holds: another server may have put it there again,
 * and an answer may be an old one.
 */
const MAX_CONTRADICTIONS = 2;

/** A registry that kept dummies is asked again after so many milliseconds: it may be another one by then. */
const KEPT_MS = 5 * 60_000;

/** What the registry said to the delete of a dummy; an error where asking again would not help. */
export type Said = 'deleted' | 'absent' | 'unknown' | StoreError;

/** What it said in one try, by digest. */
export type Statements = ReadonlyMap<string, Said>;

export class Evidence {
  #isProven = false;
  /** Of performance.now(). */
  #keptUntil = 0;

  /** Whether a tag was seen to be gone when the registry had said so. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /** @throws RegistryFailure where the registry was seen to keep dummies */
  checkDummiesGo(repository: string): void {
    if (performance.now() < this.#keptUntil) throw keepsDummies(repository);
  }

  /** Of one delete, which may take several tries. */
  trial(repository: string): Trial {
    return new Trial(repository, this);
  }

  /** A tag is gone, as was said. */
  prove(): void {
    this.#isProven = true;
  }

  /** A tag is there, whatever was said. */
  refute(): void {
    this.#keptUntil = performance.now() + KEPT_MS;
  }
}

class Trial {
  readonly #repository: string;
  readonly #evidence: Evidence;
  #contradictions = 0;
  #wasKept = false;

  constructor(repository: string, evidence: Evidence) {
    this.#repository = repository;
    this.#evidence = evidence;
  }

  /**
   * @param left what was found after it was said
   * @returns why there is no use in going on, if there is none
   */
  judge(said: Statements, left: Leftovers): StoreError | undefined {
    const refusal = [...said.values()].find((its) => its instanceof StoreError);
    if (refusal !== undefined) return refusal;
    const ofKept = [...left.dummies].map((digest) => said.get(digest));
    const isKept = ofKept.includes('deleted') && !this.#evidence.isProven;
    this.#wasKept ||= isKept;
    if (isKept || ofKept.includes('absent')) this.#contradictions += 1;
    if (this.#contradictions < MAX_CONTRADICTIONS) return undefined;
    if (!this.#wasKept) return notUnderstood(this.#repository, '404 for the delete of a manifest that is there');
    this.#evidence.refute();
    return keepsDummies(this.#repository);
  }

  /**
   * @param before the digests that tags had
   * @returns why tags stay that have them still: a registry that is not known may have done nothing of what it said
   */
  unmoved(before: ReadonlyMap<string, string>, { images }: Leftovers): Map<string, StoreError> {
    const unmoved = this.#evidence.isProven ? [] : [...images].filter(([tag, digest]) => before.get(tag) === digest);
    const why = (tag: string) => notUnderstood(this.#repository, `${tag} has the digest that it had`);
    return new Map(unmoved.map(([tag]) => [tag, why(tag)]));
  }
}

function keepsDummies(repository: string): RegistryFailure {
  const why = 'the registry keeps a tag whose digest it has deleted, so single tags cannot be deleted there';
  return new RegistryFailure('deletion-disabled', `${repository}: ${why}`);
}
