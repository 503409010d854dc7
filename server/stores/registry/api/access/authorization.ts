// The Authorization header of requests to a registry, in the scheme that the registry asks for.
import type { Connection } from '../connection.ts';
import type { Answer } from '../failure.ts';
import { BearerTokens } from './bearer.ts';
import { parseChallenges } from './challenge.ts';
import { basic, type CredentialsOf } from './credentials.ts';

export class Authorization {
  readonly #credentialsOf: CredentialsOf;
  readonly #tokens: BearerTokens;
  /** The scheme that the registry asked for last. Credentials are never sent unless asked for. */
  #scheme: 'none' | 'basic' | 'bearer' = 'none';

  constructor(connection: Connection, credentialsOf: CredentialsOf, registry: URL) {
    this.#credentialsOf = credentialsOf;
    this.#tokens = new BearerTokens(connection, credentialsOf, registry);
  }

  /** The header that will probably be accepted for a repository. */
  async known(repository: string): Promise<string | undefined> {
    if (this.#scheme === 'basic') return this.#basic(repository);
    const token = this.#scheme === 'bearer' ? this.#tokens.known(repository) : undefined;
    return token && `Bearer ${token}`;
  }

  /**
   * The header that answers a 401.
   * @param refused the header that was sent, if any
   * @returns '' if the request is to be sent without one; undefined if there is nothing new to try
   * @throws RegistryFailure if the token service fails
   */
  async answerTo(answer: Answer, repository: string, refused = ''): Promise<string | undefined> {
    const challenges = parseChallenges(answer.headers['www-authenticate']);
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    if (bearer !== undefined) {
      this.#scheme = 'bearer';
      return `Bearer ${await this.#tokens.replace(tokenOf(refused), bearer, repository)}`;
    }
    if (!challenges.some(({ scheme }) => scheme === 'basic')) {
      // zot does not say what it wants instead of an invalid token, as RFC 9110 (15.5.2) asks for.
      const token = tokenOf(refused);
      if (token !== undefined) this.#tokens.forget(token, repository);
      return token && '';
    }
    this.#scheme = 'basic';
    const header = await this.#basic(repository);
    return header === refused ? undefined : header;
  }

  async #basic(repository: string): Promise<string | undefined> {
    const credentials = await this.#credentialsOf(repository);
    return credentials && basic(credentials);
  }
}

const tokenOf = (header: string) => /^Bearer (.*)/.exec(header)?.[1];
