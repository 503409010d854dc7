// Names that a front end may remove: dots and empty names.
import { gatewayExample, invalidParameter } from '../../../contract/causes.ts';
import { type Example, isLegal, type Parameter } from '../../../contract/contract.ts';
import { isFirst, nowhere, UNORDERED } from '../../scene/safe-targets.ts';
import type { Scene } from '../../scene/scene.ts';
import { type Case, requestsCase } from '../case.ts';
import { levelAsked, orElse } from '../expectation.ts';

const DOTS = ['.', '..', '%2e', '%2E%2e'];

/** A front end that resolves dots, or drops an empty name, passes on another path. Nothing that exists has that path. */
export function shortenedNameCases(scene: Scene): Case[] {
  return scene.path.flatMap((parameter) => {
    const invalid = invalidParameter(scene.operation, parameter);
    return invalid === undefined ? [] : casesOf(scene, parameter, invalid);
  });
}

function casesOf(scene: Scene, parameter: Parameter, invalid: Example): Case[] {
  const { contract, operation } = scene;
  const { name } = parameter;
  const dots = DOTS.filter((one) => !isLegal(parameter, decodeURIComponent(one)));
  const kinds = [
    { id: `${name}/dots`, title: `dots in place of a ${name}`, segments: dots },
    { id: `${name}/empty`, title: `an empty ${name}`, segments: [''] },
  ];
  const to = nowhere(scene);
  // To some routers an empty name is a name, and so its path one of the operation.
  const expectation = {
    // Of paths that a front end may shorten the base document says nothing.
    ...orElse({ causes: [invalid], rule: `${parameter.pointer}/schema` }, gatewayExample(contract, '404')),
    of: operation,
  };
  const level = levelAsked(contract, expectation);
  return kinds.flatMap(({ segments, ...named }): Case[] => {
    if (typeof to !== 'function') return [{ ...named, cause: invalid, level, run: to }];
    if (!isFirst(scene, invalid.status)) return [{ ...named, cause: invalid, level, run: { reason: UNORDERED } }];
    const requests = segments.map((segment) => ({
      label: segment === '' ? 'nothing' : segment,
      request: to({ [name]: segment }),
    }));
    return requestsCase(contract, named, requests, expectation);
  });
}
