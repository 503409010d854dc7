// The project's server as an operator starts it, with a store that keeps something.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'undici';
import { stringify } from 'yaml';
import { type Serving, serve } from './contender.ts';
import { freePort, temporaryDirectory } from './processes.ts';
import { built } from './root.ts';
import { pathOf, principals, TOKEN, TOKEN_HEADER } from './servers/contract.ts';

/**
 * As `npm start` has it. Half a minute without a request, and V8 would shrink the heap to what is left, and then mark all
 * of it every 120 ms under load: the server answered a quarter less, for as long as one looked.
 */
export const PRODUCTION_FLAGS = ['--no-memory-reducer'] as const;

/** A server, and where its operator looks. */
export interface RealServer extends Serving {
  readonly adminUrl: string;
}

/** @param env its settings beside ports and credentials */
export async function startRealServer(env: Readonly<Record<string, string>>): Promise<RealServer> {
  const credentials = join(temporaryDirectory(), 'credentials.yaml');
  writeFileSync(credentials, stringify({ principals }));
  const adminPort = await freePort();
  const server = await serve({
    name: 'ours',
    command: () => [process.execPath, ...PRODUCTION_FLAGS, built('server/main.js')],
    env: { NODE_ENV: 'production', CREDENTIALS_FILE: credentials, ADMIN_PORT: String(adminPort), ...env },
  });
  return { ...server, adminUrl: `http://127.0.0.1:${adminPort}` };
}

/** Deletes tags of a repository over kept connections. */
export class Deleter {
  readonly #pool: Pool;

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

  /** @throws where the answer is not that the tag is gone */
  async mustDelete(tag: string, repository?: string): Promise<void> {
    const status = await this.delete(tag, repository);
    if (status !== 204) throw new Error(`DELETE of ${tag} was answered ${status}`);
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
