// The port between operations and images: what the operations need, and nothing more. The adapters are in stores/.

/** A tag of an image. The repository is written with `/`, as users write it. */
export interface ImageTag {
  readonly namespace: string;
  readonly repository: string;
  readonly tag: string;
}

/** What a delete removed. */
export interface DeletedTag {
  /** The digests that the tag pointed to, as `sha256:…`. More than one if a layout held the tag more than once. */
  readonly digests: readonly string[];
}

/** Where images are kept. */
export interface Store {
  /**
   * Deletes exactly this tag. Durable when it resolves. No other tag is touched, even if it has the same digest.
   * @throws StoreError whose kind says why not
   */
  deleteTag(image: ImageTag): Promise<DeletedTag>;

  /**
   * Resolves if the store can answer.
   * @throws StoreError that says why it cannot
   */
  ready(): Promise<void>;

  /** Finishes what is in progress, then closes files and connections. */
  close(): Promise<void>;
}

/**
 * What is wrong with the storage itself. `invalid-layout`: the stored files are not readable as images. `unavailable`: the
 * storage failed. From `unreachable` on, a registry is the cause: it does not answer, refuses the server's credentials,
 * has deletion disabled, is read-only, asks for patience, or gives an invalid answer.
 */
export const STORAGE_FAILURES = [
  'invalid-layout',
  'unavailable',
  'unreachable',
  'unauthorized',
  'deletion-disabled',
  'read-only',
  'throttled',
  'not-understood',
] as const;

/** Why a store did not delete. `busy`: too many deletes wait for the repository, or others keep writing it. It is unchanged. */
export type StoreErrorKind =
  | 'organization-not-found'
  | 'repository-not-found'
  | 'tag-not-found'
  | 'busy'
  | (typeof STORAGE_FAILURES)[number];

/** A failure of a store. The message and the cause are for the operator, never for the caller. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly kind: StoreErrorKind;

  constructor(kind: StoreErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}
