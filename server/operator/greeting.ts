// A server without CREDENTIALS_FILE: its one caller, and how the person at the terminal learns the token.
import { tokenSha256 } from '../http/auth/token.ts';
import { exampleCurl } from '../http/example-request.ts';
import type { Principal } from '../http/principals.ts';
import type { ImageTag } from '../store.ts';
import { createToken } from './new-credentials.ts';

/** A caller that may delete everywhere, and its token. */
interface LocalCaller {
  readonly token: string;
  readonly principal: Principal;
}

/** Makes a caller with a new token, which is valid until the server stops. */
export function createLocalCaller(): LocalCaller {
  const token = createToken();
  return { token, principal: { name: 'local', tokenSha256: tokenSha256(token), namespaces: ['*'] } };
}

/**
 * Writes a request to try to standard error; the log never has the token.
 * @param image what to delete; undefined if no image is known
 */
export function greet(url: string, { token }: LocalCaller, image: ImageTag | undefined): void {
  const note =
    image === undefined ? '  The names are an example: put those of an image of yours in their place.\n' : '';
  process.stderr.write(
    `\nNo CREDENTIALS_FILE: this token is valid until the server stops. Delete a tag with\n\n  ${exampleCurl(url, token, image)}\n${note}\n`,
  );
}
