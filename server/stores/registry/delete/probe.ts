// Finds out whether a DELETE of a tag takes this tag only. No tag that anyone else has put is used for it:
//
//   1. DELETE a tag that does not exist. Registries that delete by digest only refuse it, so that nothing is written there.
//   2. Check that the server may delete: PUT an empty index without a tag, and DELETE it. A registry that hides a missing
//      right behind 404 shows it here, before there is a tag that could not be removed.
//   3. PUT another empty index on two new tags, and DELETE one of them. By tag: the other survives, and can be deleted too.
//   4. Remove whatever is left. An intent on disk lets recovery do it if the server ends before.
//
// Names and digests are random, so that several servers can probe at once.
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Manifest } from '../api/answers.ts';
import { NO_DIGEST, randomDigest } from '../api/digest.ts';
import type { Distribution } from '../api/distribution.ts';
import { notUnderstood, type RegistryFailure } from '../api/failure.ts';
import { retrying } from '../api/retrying.ts';
import type { Intents } from '../intents.ts';
import { createPlaceholder } from './placeholder.ts';

const PROBE_TAG = 'swr-tag-delete.probe-';

/** Whether a tag is one that a server made to try deletes on. */
export function isProbeTag(tag: string): boolean {
  return tag.startsWith(PROBE_TAG);
}

export class Probe {
  readonly #distribution: Distribution;
  readonly #intents: Intents;
  readonly #log: Logger;

  constructor(distribution: Distribution, intents: Intents, log: Logger) {
    this.#distribution = distribution;
    this.#intents = intents;
    this.#log = log;
  }

  /** @throws StoreError if the registry fails, forbids it, or contradicts itself */
  run(repository: string): Promise<'by-tag' | 'by-digest'> {
    return retrying(async () => {
      const missing = await this.#distribution.deleteManifest(repository, newTag());
      if (missing.kind === 'refused') return 'by-digest';
      await this.#checkRightToDelete(repository);
      return this.#tryOnTags(repository);
    });
  }

  async #checkRightToDelete(repository: string): Promise<void> {
    const missing = await this.#distribution.deleteManifest(repository, randomDigest());
    // Distribution 3.0 with deletion off: a manifest could not be removed again, but tags can be deleted.
    if (missing.kind === 'refused') return;
    const manifest = createPlaceholder(new Map());
    await this.#put(repository, manifest.digest, manifest);
    const deletion = await this.#distribution.deleteManifest(repository, manifest.digest);
    if (deletion.kind === 'refused') throw deletion.failure;
    if (deletion.kind === 'absent' && (await this.#exists(repository, manifest.digest))) throw hidesRight(repository);
  }

  async #tryOnTags(repository: string): Promise<'by-tag' | 'by-digest'> {
    const tags = [newTag(), newTag()] as const;
    const replaced = new Map(tags.map((tag) => [tag, NO_DIGEST]));
    const manifest = createPlaceholder(replaced);
    const intent = await this.#intents.record(repository, replaced);
    let canArriveLate = true;
    try {
      const tries = [];
      for (const tag of tags) tries.push(await this.#put(repository, tag, manifest));
      canArriveLate = tries.includes('retried');
      return (await this.#deletesOneTag(repository, ...tags)) ? 'by-tag' : 'by-digest';
    } finally {
      const isClean = await this.#cleanUp(repository, tags, manifest.digest);
      await intent.close(isClean && !canArriveLate);
    }
  }

  async #deletesOneTag(repository: string, tag: string, sibling: string): Promise<boolean> {
    const first = await this.#distribution.deleteManifest(repository, tag);
    if (first.kind === 'refused') return false;
    const isKept = await this.#exists(repository, tag);
    if (first.kind === 'absent') {
      throw isKept
        ? hidesRight(repository)
        : notUnderstood(repository, `${tag} was lost while deletes were tried on it`);
    }
    if (isKept || !(await this.#exists(repository, sibling))) return false;
    // A look-up may come from a cache. The second delete would be answered 404 if the first one had taken both tags.
    const second = await this.#distribution.deleteManifest(repository, sibling);
    return second.kind === 'deleted' && !(await this.#exists(repository, sibling));
  }

  async #put(repository: string, reference: string, manifest: Manifest): Promise<'at-once' | 'retried'> {
    const { stored, hadFailures } = await this.#distribution.putManifest(repository, reference, manifest);
    if (stored !== manifest.digest) {
      throw notUnderstood(repository, `${reference}: stored as ${stored} instead of ${manifest.digest}`);
    }
    return hadFailures ? 'retried' : 'at-once';
  }

  async #exists(repository: string, reference: string): Promise<boolean> {
    return (await this.#distribution.lookUp(repository, reference)).kind !== 'absent';
  }

  /** @returns whether nothing is left */
  async #cleanUp(repository: string, tags: readonly string[], digest: string): Promise<boolean> {
    try {
      await this.#distribution.deleteManifest(repository, digest);
      for (const tag of tags) {
        if (!(await this.#exists(repository, tag))) continue;
        // With deletion off Distribution 3.0 deletes by tag only.
        await this.#distribution.deleteManifest(repository, tag);
        if (await this.#exists(repository, tag)) return false;
      }
      return true;
    } catch (err) {
      this.#log.warn({ repository, tags, err }, 'tags of a trial could not be removed; it is tried again');
      return false;
    }
  }
}

function newTag(): string {
  return PROBE_TAG + randomUUID();
}

function hidesRight(repository: string): RegistryFailure {
  return notUnderstood(
    repository,
    '404 for the delete of a manifest that is there: the server may lack the right to delete',
  );
}
