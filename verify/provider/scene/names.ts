// Names at the bounds of what a parameter allows, made from the contract alone.
import { isLegal, type Parameter } from '../../contract/contract.ts';

/** A legal name of the given number of characters; undefined if none is found. */
export function legalOfLength(parameter: Parameter, length: number): string | undefined {
  return candidates(parameter, length).find((name) => isLegal(parameter, name));
}

/** An illegal name of this length. Only its length is wrong, if the pattern allows such a name. */
export function tooLong(parameter: Parameter, length: number): string | undefined {
  const names = candidates(parameter, length).filter((name) => !isLegal(parameter, name));
  return names.find((name) => parameter.pattern?.test(name)) ?? names[0];
}

/** The example made longer or shorter, and one character again and again. */
function candidates({ example = '' }: Parameter, length: number): string[] {
  const characters = [...new Set([...example, 'a', 'A', '0'])];
  return [
    ...characters.map((one) => [...example].slice(0, length).join('').padEnd(length, one)),
    ...characters.map((one) => one.repeat(length)),
  ];
}

/** Printable ASCII, controls, and letters of other alphabets that careless comparisons take for ASCII. */
export const CHARACTERS: readonly string[] = [
  ...Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCodePoint(0x20 + index)),
  ...['\0', '\t', '\n', '\r', '\u007f', '\u00a0', 'é', 'ß', '\u017f', '\u212a', '\u200b', '中', '\uff0f', '😀'],
];

/** Characters that may stand within a name and not at both ends, doubled, tripled and next to each other. */
export function joined(parameter: Parameter, name: string): string[] {
  const separators = CHARACTERS.filter((one) => !/[\p{L}\p{N}]/u.test(one)).filter((one) => {
    const [first = '', middle = '', last = ''] = placed(one, name);
    return isLegal(parameter, middle) && !(isLegal(parameter, first) && isLegal(parameter, last));
  });
  const runs = separators.flatMap((one) => [one + one, one.repeat(3), ...separators.map((other) => one + other)]);
  return [...new Set(runs)].map((run) => placed(run, name)[1] ?? '');
}

/** A character at the beginning, within and at the end of a name. */
export function placed(character: string, name: string): string[] {
  const [first = '', ...rest] = [...name];
  return [character + name, first + character + rest.join(''), name + character];
}

/** A character for a person to read. */
export function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const shown = /^[\P{C}]$/u.test(character) && character.trim() !== '' ? ` ${character}` : '';
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}${shown}`;
}
