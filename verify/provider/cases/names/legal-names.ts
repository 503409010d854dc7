// Names at a parameter's bounds and of all its alphabet: they must get past the check of names, to nothing that exists.
import { invalidParameter } from '../../../contract/causes.ts';
import { type Example, isLegal, type Parameter, ruleOf } from '../../../contract/contract.ts';
import { levelOf } from '../../../contract/level.ts';
import { encodeSegment, everyByteEncoded } from '../../scene/encode.ts';
import { CHARACTERS, joined, legalOfLength, placed } from '../../scene/names.ts';
import { elsewhere } from '../../scene/safe-targets.ts';
import { causesAfter, type Scene, sentName } from '../../scene/scene.ts';
import { type Case, requestsCase } from '../case.ts';
import type { Expectation } from '../expectation.ts';

export function legalNameCases(scene: Scene): Case[] {
  return scene.path.flatMap((parameter) => {
    const invalid = invalidParameter(scene.operation, parameter);
    return invalid === undefined ? [] : casesOf(scene, parameter, invalid);
  });
}

/** Any answer of the checks that come after that of names. */
export function acceptance(scene: Scene, invalid: Example, rule: string): Expectation {
  const [first = scene.success, ...others] = causesAfter(scene, invalid.status).filter(
    ({ status }) => Number(status) < 500 && status !== '429',
  );
  return { causes: [first, ...others], rule };
}

/** Legal names of a kind, as they travel. */
interface Kind {
  readonly id: string;
  readonly title: string;
  readonly segments: readonly string[];
  readonly rule?: string;
}

function casesOf(scene: Scene, parameter: Parameter, invalid: Example): Case[] {
  const to = elsewhere(scene, parameter);
  const base = sentName(scene, parameter);
  const kinds = [...kindsOf(scene, parameter, base), ...substitutions(scene, parameter, base)];
  return kinds.flatMap(({ id, title, segments, rule }): Case[] => {
    const level = levelOf(scene.contract, rule ?? `${parameter.pointer}/schema`);
    const named = { id: `${parameter.name}/${id}`, title, level };
    if (typeof to !== 'function') return [{ ...named, cause: invalid, run: to }];
    const requests = segments.map((segment) => ({ label: segment, request: to(segment) }));
    const expectation = acceptance(scene, invalid, rule ?? `${parameter.pointer}/schema`);
    return requestsCase(scene.contract, named, requests, expectation).map((one) => ({ ...one, cause: invalid }));
  });
}

function kindsOf({ operation }: Scene, parameter: Parameter, base: string): Kind[] {
  const decoding = ruleOf(operation, 'percent-encoding-is-decoded')?.pointer;
  const { name, minLength, maxLength } = parameter;
  const alphabet = [...CHARACTERS.map((character) => placed(character, base)[1] ?? ''), ...joined(parameter, base)];
  return [
    ...[minLength, maxLength].flatMap((length) => {
      const value = length === undefined || length === 0 ? undefined : legalOfLength(parameter, length);
      const id = length === minLength ? 'shortest' : 'longest';
      return value === undefined
        ? []
        : [{ id, title: `a ${name} of ${length} characters, which is allowed`, segments: [encodeSegment(value)] }];
    }),
    {
      id: 'within-its-alphabet',
      title: `a ${name} with each character that its pattern allows`,
      segments: alphabet.filter((one) => isLegal(parameter, one)).map(encodeSegment),
    },
    {
      id: 'percent-encoded',
      title: `a ${name} whose every letter is percent-encoded`,
      segments: [everyByteEncoded(base)],
      ...(decoding !== undefined && { rule: decoding }),
    },
  ];
}

/** A character that travels as another one: plain, and percent-encoded. */
function substitutions({ operation }: Scene, parameter: Parameter, base: string): Kind[] {
  return operation.rules.flatMap(({ pointer, substitution }) => {
    if (substitution?.parameter !== parameter.name) return [];
    const { sentAs, character } = substitution;
    const [, value = ''] = placed(sentAs, `${base}0`);
    if (!isLegal(parameter, value)) return [];
    return [[sentAs, 'plain'] as const, [everyByteEncoded(sentAs), 'encoded'] as const].map(([sent, how]) => ({
      id: `substitution-${how}`,
      title: `a ${parameter.name} in which ${character} travels as ${sent}`,
      segments: [encodeSegment(value).replaceAll(sentAs, () => sent)],
      rule: pointer,
    }));
  });
}
