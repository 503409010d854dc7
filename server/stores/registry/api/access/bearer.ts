// Tokens of a registry's token service (distribution "token authentication"; the challenge names the service).
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Connection } from '../connection.ts';
import { failureOf, RegistryFailure } from '../failure.ts';
import type { Challenge } from './challenge.ts';
import { basic, type CredentialsOf } from './credentials.ts';

/** Max repositories whose tokens are kept. */
const MAX_TOKENS = 1_000;
/** Seconds. The specification's default if the service does not say. */
const DEFAULT_EXPIRY_SECONDS = 60;
/** Milliseconds before its expiry at which a token counts as expired: it has to reach the registry in time. */
const EXPIRY_MARGIN_MS = 5_000;

/** The actions to ask for. Some registries know only `*` (quay.io), or want it for a delete. */
const ACTIONS = ['pull,push,delete', '*'] as const;

const tokenBody = z
  .object({ token: z.string().optional(), access_token: z.string().optional(), expires_in: z.number().optional() })
  .transform(({ token, access_token, expires_in }) => ({
    token: token ?? access_token ?? '',
    expiresInMs: (expires_in ?? DEFAULT_EXPIRY_SECONDS) * 1000,
  }))
  .refine(({ token }) => /^[\x21-\x7e]+$/.test(token));

type Actions = (typeof ACTIONS)[number];

interface Token {
  readonly token: string;
  readonly actions: Actions;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export class BearerTokens {
  readonly #connection: Connection;
  readonly #credentialsOf: CredentialsOf;
  readonly #isSecure: boolean;
  readonly #tokens = new LRUCache<string, Token>({ max: MAX_TOKENS });
  /** Requests under way, by repository and refused token: the requests of one batch share one. */
  readonly #asking = new Map<string, Promise<Token>>();

  constructor(connection: Connection, credentialsOf: CredentialsOf, registry: URL) {
    this.#connection = connection;
    this.#credentialsOf = credentialsOf;
    this.#isSecure = registry.protocol === 'https:';
  }

  /** @returns a token that should still be valid, if there is one */
  known(repository: string): string | undefined {
    const token = this.#tokens.get(repository);
    return token !== undefined && token.expiresAt > Date.now() ? token.token : undefined;
  }

  /** A token is not used again, if it is the known one. */
  forget(token: string, repository: string): void {
    if (this.#tokens.peek(repository)?.token === token) this.#tokens.delete(repository);
  }

  /**
   * A token other than the refused one: for the same actions if that one has expired, else for the others. Some
   * registries (zot) take `*` for the name of an action, so the next token after one for `*` is a plain one.
   * @param refused the token that the registry did not accept, if one was sent
   * @throws RegistryFailure `unauthorized` if the service gives none, and what the connection throws
   */
  async replace(refused: string | undefined, challenge: Challenge, repository: string): Promise<string> {
    const known = this.known(repository);
    if (known !== undefined && known !== refused) return known;
    const key = `${repository} ${refused ?? ''}`;
    let asking = this.#asking.get(key);
    if (asking === undefined) {
      asking = this.#ask(refused, challenge, repository).finally(() => this.#asking.delete(key));
      this.#asking.set(key, asking);
    }
    return (await asking).token;
  }

  async #ask(refused: string | undefined, challenge: Challenge, repository: string): Promise<Token> {
    const last = this.#tokens.peek(repository);
    const isRefusedEarly = last !== undefined && last.token === refused && last.expiresAt > Date.now();
    const [plain, all] = ACTIONS;
    const first = last === undefined || (last.actions === plain) !== isRefusedEarly ? plain : all;
    try {
      return await this.#fetch(first, challenge, repository);
    } catch (error) {
      const isTooMuch = error instanceof RegistryFailure && error.kind === 'unauthorized' && first !== all;
      if (!isTooMuch || repository === '') throw error;
      return await this.#fetch(all, challenge, repository);
    }
  }

  async #fetch(actions: Actions, challenge: Challenge, repository: string): Promise<Token> {
    const url = this.#urlOf(challenge, actions, repository);
    const credentials = await this.#credentialsOf(repository);
    const headers = credentials === undefined ? {} : { authorization: basic(credentials) };
    // Redirects are not followed: the request carries the credentials themselves.
    const answer = await this.#connection.send(url, { method: 'GET', headers }, { follow: false });
    const what = `token service ${url.origin}${url.pathname}`;
    if (answer.status === 400) throw new RegistryFailure('unauthorized', `${what} answered 400`);
    if (answer.status !== 200) throw failureOf(what, answer);
    const { token, expiresInMs } = parseToken(answer.body, what);
    const margin = Math.min(EXPIRY_MARGIN_MS, expiresInMs / 2);
    const fetched = { token, actions, expiresAt: Date.now() + expiresInMs - margin };
    this.#tokens.set(repository, fetched);
    return fetched;
  }

  #urlOf({ parameters }: Challenge, actions: Actions, repository: string): URL {
    const realm = parameters.get('realm') ?? '';
    const url = URL.canParse(realm) ? new URL(realm) : undefined;
    if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
      throw new RegistryFailure('not-understood', 'the registry does not name a valid token service');
    }
    if (this.#isSecure && url.protocol !== 'https:') {
      throw new RegistryFailure(
        'unauthorized',
        `credentials are not sent to ${url.origin}: the registry has TLS, the token service does not`,
      );
    }
    const service = parameters.get('service');
    if (service !== undefined) url.searchParams.set('service', service);
    if (repository !== '') url.searchParams.set('scope', `repository:${repository}:${actions}`);
    return url;
  }
}

function parseToken(body: Buffer, what: string): z.infer<typeof tokenBody> {
  try {
    return tokenBody.parse(JSON.parse(body.toString('utf8')));
  } catch {
    // Without a cause, which may quote the token.
    throw new RegistryFailure('not-understood', `${what}: its answer has no token`);
  }
}
