// Finds the operation that a request is for.
import type { Contract, Operation } from '../contract/contract.ts';

/** A request target matched to a path of the contract. */
export interface Match {
  /** Operations of the path; that of the request's method comes first. */
  readonly operations: readonly [Operation, ...Operation[]];
  readonly hasMethod: boolean;
  /** Path parameters as they were sent. */
  readonly raw: ReadonlyMap<string, string>;
}

/** @returns undefined if the contract has no such path */
export function matchOperation({ operations }: Contract, method: string, target: string): Match | undefined {
  const [path = ''] = target.split('?', 1);
  const found = operations.flatMap((operation) => {
    const raw = segmentsOf(operation.path, path);
    return raw === undefined ? [] : [{ operation, raw }];
  });
  const [best, ...others] = found.toSorted(
    (a, b) => Number(b.operation.method === method) - Number(a.operation.method === method),
  );
  if (best === undefined) return undefined;
  return {
    operations: [best.operation, ...others.map(({ operation }) => operation)],
    hasMethod: best.operation.method === method,
    raw: best.raw,
  };
}

/** Case-sensitive. A parameter is at least one character, without a slash. */
function segmentsOf(template: string, path: string): Map<string, string> | undefined {
  const names: string[] = [];
  const source = template
    .split(/(\{[^}]+\})/)
    .map((part) => {
      if (!part.startsWith('{')) return part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
      names.push(part.slice(1, -1));
      return '([^/]+)';
    })
    .join('');
  const values = new RegExp(`^${source}$`).exec(path)?.slice(1);
  return values && new Map(names.map((name, index) => [name, values[index] ?? '']));
}
