// What the operations need of the images, and nothing more. The adapters are in stores/.

/** A tag of an image. The repository's name has `/`, as people write it. */
export interface ImageTag {
  readonly namespace: string;
  readonly repository: string;
  readonly tag: string;
}

/** What a delete removed. */
export interface DeletedTag {
  /** The digests that the tag pointed to, such as `sha256:…`; several if a layout held the tag several times. */
  readonly digests: readonly string[];
}

/** Where images are kept. */
export interface Store {
  /**
   * Deletes exactly this tag. It is durable when this resolves. No sibling is touched, not even one of the same digest.
   * @throws StoreError whose kind says why not
   */
  deleteTag(image: ImageTag): Promise<DeletedTag>;

  /**
   * Resolves if the store can answer.
   * @throws StoreError that says why it cannot
   */
  ready(): Promise<void>;

  /** Finishes what is under way, then releases files and connections. */
  close(): Promise<void>;
}

/**
 * Why a store did not do what it was asked.
 * `busy`: too many deletes wait for the repository. `invalid-layout`: the stored files cannot be read as images.
 * `unavailable`: the storage itself failed. The last six are a registry's: it does not answer, does not let the server in,
 * does not delete, does not write, asks to wait, or answers what it should not.
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

/** A failure of a store. Message and cause are for the operator, never for the caller. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly kind: StoreErrorKind;

  constructor(kind: StoreErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}
