// Parses WWW-Authenticate (RFC 9110 §11.6.1). npm has no maintained package that does.

/** One authentication scheme that a server offers. */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PARAMETER = new RegExp(`[\\s,]*(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))`, 'y');
const SCHEME = new RegExp(`[\\s,]*(${TOKEN})(?:\\s+|$|(?=,))`, 'y');

/** Reads the challenges of a response, up to the first invalid one. */
export function parseChallenges(header: string | readonly string[] | undefined): readonly Challenge[] {
  const text = Array.isArray(header) ? header.join(', ') : ((header as string | undefined) ?? '');
  const challenges: Challenge[] = [];
  let position = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const found = pattern.exec(text);
    if (found !== null) position = pattern.lastIndex;
    return found;
  };
  for (let scheme = match(SCHEME); scheme !== null; scheme = match(SCHEME)) {
    const parameters = new Map<string, string>();
    for (let found = match(PARAMETER); found !== null; found = match(PARAMETER)) {
      const [, name = '', quoted, token = ''] = found;
      parameters.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? token);
    }
    challenges.push({ scheme: (scheme[1] ?? '').toLowerCase(), parameters });
  }
  return challenges;
}
