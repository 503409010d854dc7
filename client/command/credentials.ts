// The credentials of the command line or the environment.
import type { Credentials } from '../authentication.ts';
import { checkHeaderValue } from '../token-source.ts';

/** A shell command that writes a token to its standard output. */
interface TokenCommand {
  readonly tokenCommand: string;
}

/** What authenticates the deletes. */
export type GivenCredentials = Credentials | TokenCommand;

/** Ends the command with a usage error. */
type Usage = (message: string) => never;

interface CredentialFlags {
  readonly token?: string;
  readonly accessKey?: string;
  readonly secretKey?: string;
}

/**
 * Flags override the environment.
 * @returns undefined if there are none
 */
export function readCredentials(
  flags: CredentialFlags,
  env: NodeJS.ProcessEnv,
  usage: Usage,
): GivenCredentials | undefined {
  const isGiven = flags.token !== undefined || flags.accessKey !== undefined;
  const token = isGiven ? flags.token : env['SWR_TOKEN'];
  const accessKey = isGiven ? flags.accessKey : env['SWR_ACCESS_KEY'];
  const secretKey = flags.secretKey ?? (flags.token === undefined ? env['SWR_SECRET_KEY'] : undefined);
  const tokenCommand = isGiven ? undefined : env['SWR_TOKEN_COMMAND'];
  if (token && tokenCommand) usage('SWR_TOKEN and SWR_TOKEN_COMMAND are set: only one of them can be used');
  if ((token || tokenCommand) && (accessKey || secretKey))
    usage('a token and an access key are given: only one of them can be used');
  if (token) checked(() => checkHeaderValue(token, 'SWR_TOKEN (or --token)'), usage);
  if (accessKey) checked(() => checkHeaderValue(accessKey, 'SWR_ACCESS_KEY (or --access-key)'), usage);
  if (token) return { token };
  if (tokenCommand) return { tokenCommand };
  if (accessKey && secretKey) return { accessKey, secretKey };
  if (accessKey || secretKey) usage('an access key needs its secret key, and a secret key its access key');
  return undefined;
}

/** Turns what a check throws into a usage error. */
export function checked(check: () => unknown, usage: Usage): void {
  try {
    check();
  } catch (error) {
    usage((error as Error).message);
  }
}
