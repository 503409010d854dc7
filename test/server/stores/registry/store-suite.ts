// The meaning of deleting a tag: the cases that every store has to pass.
import { expect, vi } from 'vitest';
import type { ImageTag, Store } from '../../../../server/store.ts';
import type { ImageName } from '../../../support/images.ts';
import { freshName, inParallel } from '../../../support/registry-client.ts';
import { numbered, outcome } from '../layout/synthetic.ts';

/** A repository of images. */
export type Repository = Omit<ImageTag, 'tag'>;

/** A place where images are kept. It is filled and read without the store under test. */
export interface Subject {
  /** Opens a store on it. At most one is open at a time. */
  open(): Promise<Store>;
  /** Pushes an image with skopeo. */
  put(repository: Repository, tag: string, image: ImageName): Promise<void>;
  /** Gives the image of a tag further tags. */
  retag(repository: Repository, tag: string, further: readonly string[]): Promise<void>;
  /** The tags as listed, sorted. */
  tags(repository: Repository): Promise<string[]>;
  /** The digest of a tag. */
  digest(repository: Repository, tag: string): Promise<string | undefined>;
  /** Whether a repository without tags cannot be told from a missing one, as on an object storage, which has no folders. */
  readonly isFlat?: boolean;
  /** Every file of an image as skopeo pulls it. @throws where it cannot be pulled */
  pull(repository: Repository, tag: string): Promise<ReadonlyMap<string, string>>;
}

/** One behaviour, in a repository that does not exist yet. */
export interface StoreCase {
  readonly name: string;
  readonly run: (subject: Subject, store: Store, repository: Repository) => Promise<void>;
}

/** Expects that a tag, or its repository, is not found. */
async function expectMissing(
  { isFlat = false }: Subject,
  store: Store,
  tag: ImageTag,
  ...kinds: readonly ('tag-not-found' | 'repository-not-found' | 'organization-not-found')[]
): Promise<void> {
  expect(isFlat ? ['tag-not-found', 'repository-not-found'] : kinds).toContain(await outcome(store.deleteTag(tag)));
}

/** Concurrent deletes of one tag. */
const CONCURRENCY = 16;

export const storeCases: readonly StoreCase[] = [
  {
    name: 'A deleted tag is gone, and its digest is returned',
    run: async (subject, store, at) => {
      await subject.put(at, 'v1', 'first');
      await subject.put(at, 'v2', 'second');
      const digest = await subject.digest(at, 'v1');
      expect(digest).toMatch(/^sha256:/);
      expect(await store.deleteTag({ ...at, tag: 'v1' })).toEqual({ digests: [digest] });
      expect(await subject.tags(at)).toEqual(['v2']);
      await expect(subject.pull(at, 'v1')).rejects.toThrow();
    },
  },
  {
    name: 'Siblings with the same digest survive and pull byte for byte',
    run: async (subject, store, at) => {
      await subject.put(at, 'v1', 'first');
      const before = await subject.pull(at, 'v1');
      await subject.retag(at, 'v1', ['latest', 'stable']);
      await store.deleteTag({ ...at, tag: 'v1' });
      expect(await subject.tags(at)).toEqual(['latest', 'stable']);
      for (const tag of ['latest', 'stable']) expect(await subject.pull(at, tag)).toEqual(before);
    },
  },
  {
    name: 'Tags that differ in case, or begin or end alike, survive',
    run: async (subject, store, at) => {
      const others = ['V1', 'v', 'v1-', 'v1.0', 'v10', '_v1', 'rv1'];
      await subject.put(at, 'v1', 'first');
      await subject.retag(at, 'v1', others);
      await store.deleteTag({ ...at, tag: 'v1' });
      expect(await subject.tags(at)).toEqual(others.toSorted());
      await expectMissing(subject, store, { ...at, tag: 'v1' }, 'tag-not-found');
      expect(await subject.tags(at)).toEqual(others.toSorted());
    },
  },
  {
    name: 'A second delete of the same tag is not found, even if it was the last tag of its repository',
    run: async (subject, store, at) => {
      await subject.put(at, 'v1', 'first');
      expect(await outcome(store.deleteTag({ ...at, tag: 'v1' }))).toBe('deleted');
      expect(await subject.tags(at)).toEqual([]);
      await expectMissing(subject, store, { ...at, tag: 'v1' }, 'tag-not-found');
    },
  },
  {
    name: 'A missing repository is not found, and none is created',
    run: async (subject, store, at) => {
      await subject.put(at, 'v1', 'first');
      const missing = { namespace: at.namespace, repository: freshName() };
      await expectMissing(subject, store, { ...missing, tag: 'v1' }, 'repository-not-found');
      const stranger = { namespace: freshName(), repository: at.repository };
      // A registry knows no organizations.
      await expectMissing(subject, store, { ...stranger, tag: 'v1' }, 'organization-not-found', 'repository-not-found');
      for (const repository of [missing, stranger]) expect(await subject.tags(repository)).toEqual([]);
      expect(await subject.tags(at)).toEqual(['v1']);
    },
  },
  {
    name: 'Exactly one of many concurrent deletes of a tag succeeds',
    run: async (subject, store, at) => {
      await subject.put(at, 'v1', 'first');
      await subject.retag(at, 'v1', ['latest']);
      const outcomes = await Promise.all(
        Array.from({ length: CONCURRENCY }, () => outcome(store.deleteTag({ ...at, tag: 'v1' }))),
      );
      expect(outcomes.toSorted()).toEqual(['deleted', ...Array(CONCURRENCY - 1).fill('tag-not-found')]);
      expect(await subject.tags(at)).toEqual(['latest']);
    },
  },
  {
    name: 'A sibling of a multi-arch tag survives the delete of that tag and of a tag of one of its children',
    run: async (subject, store, at) => {
      await subject.put(at, 'multi', 'multi');
      await subject.put(at, 'child', 'first');
      const before = await subject.pull(at, 'multi');
      await subject.retag(at, 'multi', ['latest']);
      await store.deleteTag({ ...at, tag: 'multi' });
      await store.deleteTag({ ...at, tag: 'child' });
      expect(await subject.tags(at)).toEqual(['latest']);
      expect(await subject.pull(at, 'latest')).toEqual(before);
    },
  },
  {
    name: 'Repositories above, below and beside the one of a deleted tag keep their tags',
    run: async (subject, store, { namespace, repository }) => {
      const nested = { namespace, repository: `${repository}/nested` };
      const others = [
        { namespace, repository },
        { namespace, repository: `${repository}/nested/deeper` },
        { namespace, repository: `${repository}/other` },
      ];
      for (const at of [nested, ...others]) await subject.put(at, 'v1', 'first');
      expect(await outcome(store.deleteTag({ ...nested, tag: 'v1' }))).toBe('deleted');
      await expectMissing(subject, store, { ...nested, tag: 'v1' }, 'tag-not-found');
      expect(await subject.tags(nested)).toEqual([]);
      for (const at of others) expect(await subject.tags(at), at.repository).toEqual(['v1']);
    },
  },
  {
    name: 'A tag that was deleted and pushed again, with the same image or another, can be deleted again',
    run: async (subject, store, at) => {
      await subject.put(at, 'v1', 'first');
      await store.deleteTag({ ...at, tag: 'v1' });
      for (const image of ['first', 'second'] as const) {
        await subject.put(at, 'v1', image);
        expect((await subject.pull(at, 'v1')).size).toBeGreaterThan(0);
        const digest = await subject.digest(at, 'v1');
        expect(await store.deleteTag({ ...at, tag: 'v1' })).toEqual({ digests: [digest] });
        expect(await subject.tags(at)).toEqual([]);
      }
    },
  },
  {
    name: `Exactly 100 tags, half of them of one digest, are gone at concurrency ${CONCURRENCY} while others are pushed`,
    run: async (subject, store, at) => {
      await subject.put(at, 'first', 'first');
      await subject.put(at, 'second', 'second');
      const before = await subject.pull(at, 'first');
      const gone = [...numbered('gone', 50), ...numbered('gone-too', 50)];
      const kept = [...numbered('kept', 10), ...numbered('kept-too', 10)];
      await subject.retag(at, 'first', [...gone.slice(0, 50), ...kept.slice(0, 10)]);
      await subject.retag(at, 'second', [...gone.slice(50), ...kept.slice(10)]);
      const digests: string[] = [];
      const expected = await Promise.all(['first', 'second'].map((tag) => subject.digest(at, tag)));
      await Promise.all([
        inParallel(gone, async (tag) => digests.push(...(await store.deleteTag({ ...at, tag })).digests), CONCURRENCY),
        // A third image: a copy into a layout rewrites the manifest, which makes it a push of all tags of that image.
        inOrder(numbered('pushed', 3), (tag) => subject.put(at, tag, 'third')),
      ]);
      const left = ['first', 'second', ...kept, ...numbered('pushed', 3)].toSorted();
      // A copy into a layout may bring tags back briefly.
      await vi.waitFor(async () => expect(await subject.tags(at)).toEqual(left), { timeout: 3_000 });
      expect(digests.toSorted()).toEqual(expected.flatMap((digest) => Array(50).fill(digest)).toSorted());
      expect(await subject.pull(at, 'kept-0')).toEqual(before);
    },
  },
  {
    name: 'An open store is ready',
    run: async (_, store) => {
      await expect(store.ready()).resolves.toBeUndefined();
    },
  },
  {
    name: 'Deletes that are under way finish before the store closes',
    run: async (subject, store, at) => {
      const tags = numbered('v', 20);
      await subject.put(at, 'kept', 'first');
      await subject.retag(at, 'kept', tags);
      const deletes = tags.map((tag) => outcome(store.deleteTag({ ...at, tag })));
      // Now the others wait in the queue of the repository.
      await deletes[0];
      await store.close();
      expect(await subject.tags(at)).toEqual(['kept']);
      expect(await Promise.all(deletes)).toEqual(Array(20).fill('deleted'));
    },
  },
];

async function inOrder<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  for (const one of all) await act(one);
}
