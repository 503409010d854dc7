// Things that do not exist, and callers without a right.
import { forbidden, notFound } from '../../contract/causes.ts';
import { type Example, examplesOf, type Parameter, ruleOf } from '../../contract/contract.ts';
import { levelOf } from '../../contract/level.ts';
import type { Way } from '../scene/auth-methods.ts';
import { allegedlyAbsent, keyOf, requestOf, type Scene } from '../scene/scene.ts';
import { type Case, requestCase } from './case.ts';

export function notFoundCases(scene: Scene): Case[] {
  return scene.path.flatMap((parameter) => {
    const example = notFound(scene.operation, parameter);
    const absent = allegedlyAbsent(scene, parameter);
    if (example === undefined) return [];
    const named = (way?: Way) => ({
      id: `not-found/${parameter.name}${way === undefined ? '' : `-by-${way.kind}`}`,
      title: `a ${parameter.name} that does not exist${way === undefined ? '' : `, asked by ${way.kind}`}`,
    });
    if (absent === undefined) {
      const run = {
        reason: `a ${parameter.name} that does not exist is not known`,
        fixture: `absent.${keyOf(scene, parameter)}`,
      };
      return [{ ...named(), cause: example, level: levelOf(scene.contract, example.response), run }];
    }
    return scene.allowed.map((way) => {
      // A tag that does not exist either: should the rest exist after all, nothing is lost.
      const segments = { [scene.last.name]: scene.madeUpTag, [parameter.name]: absent };
      const request = requestOf(scene, segments, { credentials: way.credentials });
      return requestCase(scene.contract, named(way), request, {
        causes: [example],
        rule: example.response,
        open: parameter === scene.last ? [] : [noRightThere(scene, parameter)],
      });
    });
  });
}

/** Many clients send a Content-Type with every request; the contract says that it does no harm. */
export function contentTypeCases(scene: Scene): Case[] {
  const example = notFound(scene.operation, scene.last);
  if (example === undefined) return [];
  const named = { id: 'not-found/with-content-type', title: 'a Content-Type on a request without a body does no harm' };
  const segments = { [scene.last.name]: scene.madeUpTag };
  const request = requestOf(scene, segments, { headers: [['Content-Type', 'application/json']] });
  const rule = ruleOf(scene.operation, 'content-type-is-accepted')?.pointer ?? scene.operation.pointer;
  return [requestCase(scene.contract, named, request, { causes: [example], rule })];
}

/** A caller without a right in a namespace does not learn whether it exists: that is the contract's order. */
function noRightThere(scene: Scene, parameter: Parameter) {
  const key = keyOf(scene, parameter);
  return {
    causes: key === 'namespace' ? examplesOf(scene.operation, '403') : [],
    reason: `credentials.allowed has no right in the absent ${parameter.name}, and is not told whether it exists`,
    fixture: `absent.${key}`,
  };
}

export function forbiddenCases(scene: Scene): Case[] {
  const example = forbiddenExample(scene);
  if (example === undefined) return [];
  const [first, ...others] = scene.forbidden;
  if (first === undefined) {
    const run = { reason: 'credentials without a right are not known', fixture: 'credentials.forbidden' };
    const level = levelOf(scene.contract, example.pointer);
    return [
      { id: 'forbidden/existing-tag', title: 'a caller without a right asks for it', cause: example, level, run },
    ];
  }
  return [first, ...others].map((way) =>
    requestCase(
      scene.contract,
      { id: `forbidden/by-${way.kind}`, title: `a caller without a right asks for it, by ${way.kind}` },
      requestOf(scene, {}, { credentials: way.credentials }),
      { causes: [example], rule: example.pointer },
    ),
  );
}

/** The 403 of a caller without a right in what the image is in. */
export function forbiddenExample({ operation, path }: Scene): Example | undefined {
  return forbidden(operation, path.slice(0, -1));
}
