// Walks an OpenAPI document and keeps the JSON pointer of the current place.
import { CannotRun } from '../cannot-run.ts';

/** Max references in a chain. A longer chain is circular. */
const MAX_REFERENCES = 20;

/** A value of the document and its pointer. After a reference, both are those of its target. */
export class Place {
  readonly pointer: string;
  readonly value: unknown;
  readonly #document: unknown;

  constructor(document: unknown, pointer: string, value: unknown) {
    this.#document = document;
    this.pointer = pointer;
    this.value = value;
  }

  /** The place under these keys, with local references followed; its value is undefined if there is none. */
  get(...keys: readonly string[]): Place {
    return keys.reduce<Place>((at, key) => at.#step(key), this);
  }

  /** The properties of an object, each with its place; empty if this is not an object. */
  entries(): (readonly [key: string, place: Place])[] {
    return Object.keys(asObject(this.value) ?? {}).map((key) => [key, this.get(key)] as const);
  }

  /** The elements of an array, each with its place; empty if this is not an array. */
  items(): Place[] {
    return Array.isArray(this.value) ? this.value.map((_, index) => this.get(String(index))) : [];
  }

  get exists(): boolean {
    return this.value !== undefined;
  }

  get text(): string | undefined {
    return typeof this.value === 'string' ? this.value : undefined;
  }

  get number(): number | undefined {
    return typeof this.value === 'number' ? this.value : undefined;
  }

  #step(key: string): Place {
    const parent = asObject(this.value);
    const value = parent !== undefined && Object.hasOwn(parent, key) ? parent[key] : undefined;
    const pointer = `${this.pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return new Place(this.#document, pointer, value).#followed(MAX_REFERENCES);
  }

  /** @throws CannotRun if a reference leads out of the document or is circular */
  #followed(left: number): Place {
    const reference = asObject(this.value)?.['$ref'];
    if (typeof reference !== 'string') return this;
    if (!reference.startsWith('#/') || left === 0) {
      throw new CannotRun([
        `the contract's reference ${reference} at ${this.pointer} cannot be followed: it must be local`,
      ]);
    }
    const keys = reference
      .slice(2)
      .split('/')
      .map((key) => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~'));
    const value = keys.reduce<unknown>((at, key) => asObject(at)?.[key], this.#document);
    return new Place(this.#document, reference, value).#followed(left - 1);
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

/** The values on the way to a place: the document first, the place's own value last. @param pointer such as `#/info` */
export function valuesAlong(document: unknown, pointer: string): unknown[] {
  const values = [document];
  for (const key of pointer.slice(2).split('/')) {
    const parent = asObject(values.at(-1));
    const name = key.replaceAll('~1', '/').replaceAll('~0', '~');
    values.push(parent !== undefined && Object.hasOwn(parent, name) ? parent[name] : undefined);
  }
  return values;
}
