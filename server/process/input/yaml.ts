// YAML that holds secrets: what is wrong with it is told by its place, and never quoted.
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { Problems } from './problems.ts';

/** Where something is wrong: the keys on the way to it, and perhaps a key there that is unknown. */
interface Place {
  readonly path: readonly PropertyKey[];
  readonly keys?: readonly string[];
}

/** What a text says. */
export interface Yaml {
  readonly value: unknown;
  /** A place as a person finds it: `principals.1 (line 7)`; empty for the whole text. */
  readonly where: (place: Place) => string;
}

/**
 * Reads YAML. The parser's own errors quote the text, and its warnings would go to standard error.
 * @param keys the known keys: only these are named if they stand twice
 * @throws Problems with the line of the first mistake
 */
export function readYaml(text: string, keys: readonly string[]): Yaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const [mistake] = [...document.errors, ...document.warnings];
  if (mistake !== undefined) {
    const [offset] = mistake.pos;
    const what = mistake.code === 'DUPLICATE_KEY' ? duplicate(text.slice(offset), keys) : mistake.code;
    throw new Problems([`not valid YAML in line ${lineAt(offset)}: ${what}`]);
  }
  return {
    value: toValue(document),
    where: ({ path, keys: [key] = [] }) => {
      const offset = offsetOf(document, key === undefined ? path : [...path, key]);
      const line = offset === undefined ? '' : `line ${lineAt(offset)}`;
      if (path.length === 0) return key === undefined ? '' : line;
      return line === '' ? pathOf({ path }) : `${pathOf({ path })} (${line})`;
    },
  };
}

/** A place of a value that is not from a text. */
export function pathOf({ path }: Place): string {
  return path.map(String).join('.');
}

function duplicate(rest: string, keys: readonly string[]): string {
  const key = keys.find((one) => one === /^\w+/.exec(rest)?.[0]);
  return `${key === undefined ? 'a key' : `the key ${key}`} stands a second time; put everything under the first`;
}

function toValue(document: Document): unknown {
  try {
    return document.toJS();
  } catch {
    throw new Problems(['not valid YAML: an alias without its anchor']);
  }
}

/** @returns the offset of the last key or entry on the way that is there */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    let place: unknown;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      place = pair?.key;
      node = pair?.value;
    } else if (isSeq(node)) {
      place = node.items[Number(part)];
      node = place;
    }
    const start = (place as { readonly range?: readonly [number, ...number[]] } | undefined)?.range?.[0];
    if (start === undefined) break;
    offset = start;
  }
  return offset;
}
