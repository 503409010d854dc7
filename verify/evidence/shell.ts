// Words of a POSIX shell.

/** Quotes a text only if it needs to be. */
export const shellWord = (text: string): string => (/^[\w./:@%+,=-]+$/.test(text) ? text : shellQuoted(text));

/** In single quotes. Bytes that are not plain text use `$'…'`, which bash and zsh understand. */
export function shellQuoted(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`;
  const escaped = text.replace(/['\\]|[^\x20-\x7e]/g, (one) => {
    if (one === "'" || one === '\\') return `\\${one}`;
    return `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `$'${escaped}'`;
}

/** In double quotes, in which variables are replaced. @param variables global; matches those that are meant, such as `$TOKEN` */
export function shellExpanded(text: string, variables: RegExp): string {
  const names = text.match(variables) ?? [];
  const literals = text.split(variables).map((part) => part.replace(/[\\"$`]/g, '\\$&'));
  return `"${literals.map((part, index) => part + (names[index]?.replace(/^\$(.*)$/, '$${$1}') ?? '')).join('')}"`;
}
