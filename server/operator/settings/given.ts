/** The variables that are set, as they were given. */
export type Given = Readonly<Record<string, string>>;

/** An empty variable counts as not set. */
export function givenIn(env: NodeJS.ProcessEnv): Given {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1])));
}
