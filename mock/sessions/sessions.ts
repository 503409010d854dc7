// What the mock remembers in each session. Memory is bounded: the least recently used entries are forgotten first.
import { LRUCache } from 'lru-cache';
import { imageKey, type SentImage } from './images.ts';

/** Max entries in memory. */
export interface SessionBounds {
  readonly sessions: number;
  /** Deleted tags in all sessions together. */
  readonly tags: number;
}

export const defaultBounds: SessionBounds = { sessions: 1_000, tags: 100_000 };

/** Deletes and tries of one session. */
export interface Session {
  readonly id: string;
  /** @returns whether the tag still existed */
  deleteTag(image: SentImage): boolean;
  /** @returns how often the tag was requested, including this time */
  countTry(image: SentImage): number;
}

/** All sessions. A caller chooses one with the header X-Mock-Session. */
export class Sessions {
  /** Number of each session, part of the keys of its tags. A reset session gets a new number, so old keys never match. */
  readonly #numbers: LRUCache<string, number>;
  readonly #deleted: LRUCache<string, true>;
  readonly #tries: LRUCache<string, number>;
  #lastNumber = 0;

  /** @param onEviction called with a message when a bound is exceeded and entries are forgotten */
  constructor(bounds: SessionBounds = defaultBounds, onEviction: (what: string) => void = () => undefined) {
    const cache = <Value extends number | true>(max: number, what: string) =>
      new LRUCache<string, Value>({
        max,
        dispose: (_value, _key, reason) => {
          if (reason === 'evict') onEviction(`more than ${max} ${what}: the oldest are forgotten`);
        },
      });
    this.#numbers = cache(bounds.sessions, 'sessions');
    this.#deleted = cache(bounds.tags, 'deleted tags');
    this.#tries = cache(bounds.tags, 'flaky tags');
  }

  /** The session with this id. Starts it if necessary. */
  open(id: string): Session {
    let number = this.#numbers.get(id);
    if (number === undefined) {
      this.#lastNumber += 1;
      number = this.#lastNumber;
      this.#numbers.set(id, number);
    }
    const key = (image: SentImage) => `${number} ${imageKey(image)}`;
    return {
      id,
      deleteTag: (image) => {
        const isThere = this.#deleted.get(key(image)) === undefined;
        this.#deleted.set(key(image), true);
        return isThere;
      },
      countTry: (image) => {
        const tries = (this.#tries.get(key(image)) ?? 0) + 1;
        this.#tries.set(key(image), tries);
        return tries;
      },
    };
  }

  forget(id: string): void {
    this.#numbers.delete(id);
  }

  forgetAll(): void {
    this.#numbers.clear();
    this.#deleted.clear();
    this.#tries.clear();
  }
}
