// The project's server as an operator starts it, with a store that keeps images.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'undici';
import { stringify } from 'yaml';
import { pathOf, principals, TOKEN, TOKEN_HEADER } from '../contract.ts';
import { type Build, commandIn } from './builds.ts';
import { type Serving, serve } from './contender.ts';
import { freePort, temporaryDirectory } from './processes.ts';

/**
 * The flags of `npm start`. Without them V8 shrinks the heap to what is left after half a minute without a request, then
 * marks all of it every 120 ms under load: the server answers a quarter less for the rest of the run.
 */
export const PRODUCTION_FLAGS = ['--no-memory-reducer'] as const;

/** A running server with the URL of its admin port. */
export interface RealServer extends Serving {
  readonly adminUrl: string;
}

/**
 * Starts the server of a build.
 * @param env its settings beside ports and credentials
 * @param node the version of Node that runs it
 * @throws if it ends, or does not answer in time
 */
export async function startRealServer(
  build: Build,
  env: Readonly<Record<string, string>>,
  node = process.execPath,
): Promise<RealServer> {
  const credentials = join(temporaryDirectory(), 'credentials.yaml');
  writeFileSync(credentials, stringify({ principals }));
  const adminPort = await freePort();
  const server = await serve({
    name: build.name,
    command: () => [node, ...PRODUCTION_FLAGS, commandIn(build), 'serve'],
    env: { NODE_ENV: 'production', CREDENTIALS_FILE: credentials, ADMIN_PORT: String(adminPort), ...env },
  });
  return { ...server, adminUrl: `http://127.0.0.1:${adminPort}` };
}

/** Deletes tags of a repository over kept connections. */
export class Deleter {
  readonly #pool: Pool;

  /** @param connections max connections, and so max requests at once */
  constructor(url: string, connections: number) {
    this.#pool = new Pool(url, { connections, headersTimeout: 60_000 });
  }

  /** @returns the answer's status */
  async delete(tag: string, repository?: string): Promise<number> {
    const { statusCode, body } = await this.#pool.request({
      method: 'DELETE',
      path: pathOf(tag, repository),
      headers: { [TOKEN_HEADER]: TOKEN },
    });
    await body.dump();
    return statusCode;
  }

  /** @throws if the answer is not 204 */
  async mustDelete(tag: string, repository?: string): Promise<void> {
    const status = await this.delete(tag, repository);
    if (status !== 204) throw new Error(`DELETE of ${tag} was answered ${status}`);
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
