/**
 * A misspelt option would be ignored without a word, and a limit with it.
 * @param what such as `retry`
 * @throws TypeError if it is not an object, or has an option that is not allowed
 */
export function checkOptionNames(options: unknown, allowed: readonly string[], what: string): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${what} must be an object with ${allowed.join(', ')}`);
  }
  const unknown = Object.keys(options).find((name) => !allowed.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${what} has no option ${unknown}; allowed are ${allowed.join(', ')}`);
  }
}
