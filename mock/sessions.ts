// What the mock remembers, session by session. It is bounded: what was not used for longest is forgotten first.
import { LRUCache } from 'lru-cache';
import { imageKey, type SentImage } from './images.ts';

/** How much is remembered. */
export interface SessionBounds {
  readonly sessions: number;
  /** Of all sessions together. */
  readonly tags: number;
}

export const defaultBounds: SessionBounds = { sessions: 1_000, tags: 100_000 };

/** What happened in one session. */
export interface Session {
  readonly id: string;
  /** @returns whether the tag was there still */
  deleteTag(image: SentImage): boolean;
  /** @returns how often the tag was asked for, this time included */
  countTry(image: SentImage): number;
}

/** The sessions that callers choose by X-Mock-Session. */
export class Sessions {
  /** A session's number goes into the keys of its tags: forgotten, it leaves keys that nobody asks for any more. */
  readonly #numbers: LRUCache<string, number>;
  readonly #deleted: LRUCache<string, true>;
  readonly #tries: LRUCache<string, number>;
  #lastNumber = 0;

  /** @param onEviction is told what is forgotten because there is too much of it */
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

  /** The session of this id, begun where there is none. */
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
