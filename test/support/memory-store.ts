import { type DeletedTag, type ImageTag, type Store, StoreError, type StoreErrorKind } from '../../server/store.ts';

/** Tags in memory, for tests that are about requests and not about disks. */
export class MemoryStore implements Store {
  readonly #tags: Set<string>;
  /** If set, every delete fails with it. */
  failure: StoreErrorKind | Error | undefined;
  /** Every delete waits for this. */
  gate: Promise<unknown> = Promise.resolve();
  /** Deletes in progress, including those that wait. */
  underWay = 0;

  /** @param tags as `namespace/repository:tag` */
  constructor(...tags: string[]) {
    this.#tags = new Set(tags);
  }

  get tags(): string[] {
    return [...this.#tags];
  }

  async deleteTag(image: ImageTag): Promise<DeletedTag> {
    this.underWay += 1;
    try {
      await this.gate;
      return this.#delete(image);
    } finally {
      this.underWay -= 1;
    }
  }

  #delete({ namespace, repository, tag }: ImageTag): DeletedTag {
    if (this.failure instanceof Error) throw this.failure;
    if (this.failure !== undefined) throw new StoreError(this.failure, 'requested by the test');
    const names = this.tags.map((one) => one.split(':')[0] ?? '');
    if (!names.some((name) => name.startsWith(`${namespace}/`)))
      throw new StoreError('organization-not-found', namespace);
    if (!names.includes(`${namespace}/${repository}`)) throw new StoreError('repository-not-found', repository);
    if (!this.#tags.delete(`${namespace}/${repository}:${tag}`)) throw new StoreError('tag-not-found', tag);
    return { digests: [`sha256:${'0'.repeat(64)}`] };
  }

  async ready(): Promise<void> {
    if (this.failure !== undefined) throw new StoreError('unavailable', 'requested by the test');
  }

  async close(): Promise<void> {}
}
