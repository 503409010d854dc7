// Query parameters, of which the operation takes none that it does not declare.
import { unknownQuery } from '../../contract/causes.ts';
import { requestOf, type Scene, targetOf } from '../scene/scene.ts';
import { type Case, requestsCase } from './case.ts';

const QUERIES = ['force=true', 'verify', 'a=1&a=2'];

/** Aimed at a tag that exists: a provider that ignores them deletes. */
export function queryCases(scene: Scene): Case[] {
  const example = unknownQuery(scene.operation);
  if (example === undefined) return [];
  return requestsCase(
    scene.contract,
    { id: 'query/unknown', title: 'a query parameter that the operation does not take' },
    QUERIES.map((query) => ({
      label: `?${query}`,
      request: requestOf(scene, {}, { target: `${targetOf(scene)}?${query}` }),
    })),
    { causes: [example], rule: example.pointer },
  );
}
