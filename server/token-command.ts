// `swr-tag-delete token`: a new caller for CREDENTIALS_FILE.
import { Command } from 'commander';
import { stringify } from 'yaml';
import { tokenSha256 } from './http/auth/token.ts';
import { checkPrincipal } from './http/principals.ts';
import { createAccessKeyPair, createToken } from './operator/new-credentials.ts';

const examples = `
The entry goes to standard output, and what the caller needs to standard error,
so that a token never gets into the file.

Examples:
  swr-tag-delete token --name ci --namespaces 'team-*' > credentials.yaml
  swr-tag-delete token --name sdk --namespaces group,web --access-key

Exit codes: 0 done, 2 usage error.`;

interface Options {
  readonly name: string;
  readonly namespaces: readonly string[];
  readonly accessKey?: boolean;
}

/** The command. */
export function tokenCommand(): Command {
  return new Command('token')
    .description(
      'Makes a token, and the entry of CREDENTIALS_FILE that lets its caller in. Nothing else keeps the token.',
    )
    .requiredOption('--name <name>', "the caller's name in the log")
    .requiredOption(
      '--namespaces <list>',
      'where it may delete, separated by commas or repeated; * matches any run of characters',
      (value: string, before: readonly string[] = []) => [...before, ...value.split(',').map((one) => one.trim())],
    )
    .option('--access-key', 'an access key pair, which signs requests, in place of a token')
    .addHelpText('after', examples)
    .action(makeCaller);
}

/** @throws Problems if name or namespaces are invalid; Error if the entry cannot be written, such as to a full disk */
async function makeCaller({ name, namespaces, accessKey: isKeyPair = false }: Options): Promise<void> {
  const [credentials, told] = isKeyPair ? newKeyPair() : newToken();
  const entry = checkPrincipal({ name, ...credentials, namespaces });
  const isSeen = process.stdout.isTTY === true;
  process.stderr.write(`${told}\n${isSeen ? '\nThe entry for CREDENTIALS_FILE:\n\n' : ''}`);
  await write(stringify({ principals: [entry] }));
  if (!isSeen) process.stderr.write('The entry for CREDENTIALS_FILE was written to standard output.\n');
}

function newToken() {
  const token = createToken();
  return [{ tokenSha256: tokenSha256(token) }, `The token, which is shown only now: ${token}`] as const;
}

function newKeyPair() {
  const pair = createAccessKeyPair();
  return [pair, `The access key: ${pair.accessKey}\nIts secret key: ${pair.secretKey}`] as const;
}

function write(entry: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(entry, (error) => {
      if (error) reject(new Error(`the entry cannot be written: ${error.message}`, { cause: error }));
      else resolve();
    });
  });
}
