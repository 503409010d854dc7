// What the operations need of the images, and nothing more. Adapters live in stores/.

/** A tag of an image. The repository is spelt with `/`, as people write it. */
export interface ImageTag {
  readonly namespace: string;
  readonly repository: string;
  readonly tag: string;
}

/** What a delete took away. */
export interface DeletedTag {
  /** The digests that the tag pointed to, as `sha256:…`; more than one where a layout held the tag more than once. */
  readonly digests: readonly string[];
}

/** Where images are kept. */
export interface Store {
  /**
   * Deletes exactly this tag: durable when it resolves, and no sibling is touched, not even one of the same digest.
   * @throws StoreError of the kind that says why not
   */
  deleteTag(image: ImageTag): Promise<DeletedTag>;

  /**
   * Resolves when the store can answer.
   * @throws StoreError saying why it cannot
   */
  ready(): Promise<void>;

  /** Finishes what is under way, then lets go of files and connections. */
  close(): Promise<void>;
}

/**
 * Why a store did not do what it was asked.
 * `busy`: too many deletes wait for the repository. `invalid-layout`: what is stored is not readable as images.
 * `unavailable`: the storage itself failed. The others are a registry's: it does not answer, does not let the server
 * do this, does not delete, does not write, asks for patience, or says what it should not.
 */
export type StoreErrorKind =
  | 'organization-not-found'
  | 'repository-not-found'
  | 'tag-not-found'
  | 'busy'
  | 'invalid-layout'
  | 'unavailable'
  | 'unreachable'
  | 'unauthorized'
  | 'deletion-disabled'
  | 'read-only'
  | 'throttled'
  | 'not-understood';

/** A failure of a store. The message and the cause are for the operator, never for the caller. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly kind: StoreErrorKind;

  constructor(kind: StoreErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}
