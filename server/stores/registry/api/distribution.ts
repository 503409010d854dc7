// The requests of the OCI distribution specification that deleting a tag takes. Each returns the meaning of its answer.
import { Authorization } from './access/authorization.ts';
import type { CredentialsOf } from './access/credentials.ts';
import { isAbsent, type Manifest, manifestOf, nextQuery, revisionOf, tagsOf } from './answers.ts';
import { type Connection, type HttpRequest, isTooLong } from './connection.ts';
import { IMAGE_INDEX } from './digest.ts';
import { type Answer, failureOf, RegistryFailure, registryError } from './failure.ts';
import { retrying } from './retrying.ts';

// docker-registry 2.8.2 answers 404 for an image if its media type is not in Accept.
const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  IMAGE_INDEX,
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  '*/*',
].join(', ');

/** Max 401 answers that are answered: with a new token, then with one for all actions. */
const MAX_CHALLENGES = 2;

/** What a reference leads to: a manifest; a digest whose manifest is gone (a dangling tag); or nothing. */
export type Lookup =
  | { readonly kind: 'image'; readonly manifest: Manifest }
  | { readonly kind: 'dangling'; readonly digest: string }
  | { readonly kind: 'absent' };

/** What a registry lists. */
export interface TagList {
  readonly hasRepository: boolean;
  /** The wanted tags that it lists; undefined if the list is longer than is read. */
  readonly tags: ReadonlySet<string> | undefined;
}

/** `refused`: the registry does not support this kind of delete; `failure` has its reason. */
export type Deletion =
  | { readonly kind: 'deleted' | 'absent' }
  | { readonly kind: 'refused'; readonly failure: RegistryFailure };

export class Distribution {
  readonly #registry: URL;
  readonly #connection: Connection;
  readonly #authorization: Authorization;

  constructor(registry: URL, connection: Connection, credentialsOf: CredentialsOf) {
    this.#registry = registry;
    this.#connection = connection;
    this.#authorization = new Authorization(connection, credentialsOf, registry);
  }

  /** @throws RegistryFailure if no registry answers, or if it does not let the server in */
  async ping(): Promise<void> {
    const answer = await this.#request('', '', { method: 'GET' });
    if (answer.status !== 200) throw failureOf('/v2/', answer);
  }

  /** @param reference a tag or a digest @throws RegistryFailure */
  lookUp(repository: string, reference: string): Promise<Lookup> {
    return retrying(async () => {
      const what = `${repository}: manifest ${reference}`;
      const answer = await this.#request(repository, `${repository}/manifests/${reference}`, {
        method: 'GET',
        headers: { accept: MANIFEST_TYPES },
      });
      if (answer.status === 200) return { kind: 'image', manifest: manifestOf(answer, what) };
      if (!isAbsent(answer)) throw failureOf(what, answer);
      const digest = revisionOf(answer);
      return digest === undefined ? { kind: 'absent' } : { kind: 'dangling', digest };
    });
  }

  /**
   * @param wanted only these tags are kept of a long list
   * @param maxPages max pages that are read
   * @throws RegistryFailure
   */
  async listTags(repository: string, wanted: { has(tag: string): boolean }, maxPages: number): Promise<TagList> {
    const tags = new Set<string>();
    const read = new Set<string>();
    for (let query: string | undefined = ''; query !== undefined; ) {
      // A Link to a page that was read already would be followed for ever.
      if (read.size === maxPages || read.has(query)) return { hasRepository: true, tags: undefined };
      const page: Answer | undefined | 'too-long' = await this.#tags(repository, query);
      if (page === 'too-long') return { hasRepository: true, tags: undefined };
      if (page === undefined) return { hasRepository: read.size > 0, tags };
      for (const tag of tagsOf(page, `${repository}: tags`)) if (wanted.has(tag)) tags.add(tag);
      read.add(query);
      query = nextQuery(page);
    }
    return { hasRepository: true, tags };
  }

  /** @returns a page of the list; undefined if the registry does not have the repository */
  async #tags(repository: string, query: string): Promise<Answer | undefined | 'too-long'> {
    try {
      return await retrying(async () => {
        const answer = await this.#request(repository, `${repository}/tags/list${query}`, { method: 'GET' });
        if (isAbsent(answer) && registryError(answer) !== undefined) return undefined;
        if (answer.status !== 200) throw failureOf(`${repository}: tags`, answer);
        return answer;
      });
    } catch (error) {
      if (error instanceof RegistryFailure && isTooLong(error)) return 'too-long';
      throw error;
    }
  }

  /**
   * Stores a manifest, and points a tag to it.
   * @param reference a tag, or the manifest's digest to store it without a tag
   * @returns the digest under which it is stored, and whether an earlier try failed: that one may still arrive
   * @throws RegistryFailure
   */
  async putManifest(
    repository: string,
    reference: string,
    { digest, mediaType, bytes }: Manifest,
  ): Promise<{ readonly stored: string; readonly hadFailures: boolean }> {
    const what = `${repository}: PUT of ${reference}`;
    let tries = 0;
    const answer = await retrying(async () => {
      tries += 1;
      const put = await this.#request(repository, `${repository}/manifests/${reference}`, {
        method: 'PUT',
        headers: { 'content-type': mediaType },
        body: bytes,
      });
      if (put.status !== 201 && put.status !== 200) throw failureOf(what, put);
      return put;
    });
    const stored = answer.headers['docker-content-digest'];
    return { stored: typeof stored === 'string' ? stored : digest, hadFailures: tries > 1 };
  }

  /**
   * Not retried: the answer to a second delete would say less than the first.
   * @param reference a tag or a digest
   * @throws RegistryFailure
   */
  async deleteManifest(repository: string, reference: string): Promise<Deletion> {
    const answer = await this.#request(repository, `${repository}/manifests/${reference}`, { method: 'DELETE' });
    const what = `${repository}: delete of ${reference}`;
    if (answer.status === 202) return { kind: 'deleted' };
    if (isAbsent(answer)) return { kind: 'absent' };
    // The specification says 202. Some registries answer 200 or 204, and so does a proxy with a page of its own.
    const mayBeDone = answer.status === 200 || answer.status === 204;
    if (mayBeDone && (await this.lookUp(repository, reference)).kind === 'absent') return { kind: 'deleted' };
    const failure = failureOf(what, answer);
    if (failure.kind === 'read-only') throw failure;
    if (answer.status === 400 || answer.status === 405) return { kind: 'refused', failure };
    throw failure;
  }

  async #request(repository: string, path: string, request: HttpRequest): Promise<Answer> {
    const url = new URL(`v2/${path}`, this.#registry);
    let authorization = await this.#authorization.known(repository);
    for (let challenges = 0; ; challenges += 1) {
      const headers = { ...request.headers, ...(authorization && { authorization }) };
      const answer = await this.#connection.send(url, { ...request, headers });
      if (answer.status !== 401 || challenges === MAX_CHALLENGES) return answer;
      const next = await this.#authorization.answerTo(answer, repository, authorization);
      if (next === undefined) return answer;
      authorization = next;
    }
  }
}
