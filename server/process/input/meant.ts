// Which of the known words a mistyped one was meant to be.

/** Max mistakes in a word, each a letter too much, too few, wrong, or swapped with its neighbour. */
function mistakesAllowed({ length }: string): number {
  if (length < 3) return 0;
  return length < 10 ? 1 : 2;
}

/**
 * Finds the known word that is nearly the given one, in whatever case. Not commander's own suggestions, which it does not
 * export.
 * @returns undefined if the word is like none of them
 */
export function meantBy(word: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((name) => ({ name, mistakes: mistakesBetween(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, mistakes }) => mistakes <= mistakesAllowed(name))
    .sort((one, other) => one.mistakes - other.mistakes);
  return nearest?.name;
}

/** The Damerau-Levenshtein distance, in the restricted form: no part is changed twice. */
function mistakesBetween(one: string, other: string): number {
  // Words of such different lengths are not alike; the names of variables may be long.
  if (Math.abs(one.length - other.length) > 2) return Number.POSITIVE_INFINITY;
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= one.length; row += 1) {
    rows[row] = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1];
      const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      rows[row]?.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + (isSame ? 0 : 1),
          isSwapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(one.length, other.length);
}
