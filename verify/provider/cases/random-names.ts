// Names that nobody thought of: random ones by the contract's pattern, and by no pattern; what fails is made small.
import {
  type Arbitrary,
  asyncProperty,
  check,
  constantFrom,
  nat,
  oneof,
  string,
  stringMatching,
  tuple,
} from 'fast-check';
import { invalidParameter } from '../../contract/causes.ts';
import { type Example, isLegal, type Parameter } from '../../contract/contract.ts';
import type { Violation } from '../../report/model.ts';
import { type Case, type Expectation, isViolations, judge, type Outcome } from '../case.ts';
import { CHARACTERS } from '../names.ts';
import { type Provider, Unfinished } from '../provider.ts';
import { encodeSegment, requestOf, type Scene, type Segments, sentName } from '../scene.ts';
import { acceptance, harmless, needsAbsence, refusalOf } from './parameters.ts';

const RUNS = 30;

export function randomNameCases(scene: Scene): Case[] {
  return scene.path.flatMap((parameter) => {
    const invalid = invalidParameter(scene.operation, parameter);
    return invalid === undefined ? [] : [illegal(scene, parameter, invalid), legal(scene, parameter, invalid)];
  });
}

function illegal(scene: Scene, parameter: Parameter, invalid: Example): Case {
  const names = oneof(
    string({ unit: 'binary', minLength: 1, maxLength: 40 }),
    changed(sentName(scene, parameter)),
  ).filter((name) => isSendable(name) && !isLegal(parameter, name));
  return {
    id: `${parameter.name}/random-illegal`,
    title: `${RUNS} random names that are no ${parameter.name} (seed ${scene.seed})`,
    cause: invalid,
    run: (provider) =>
      tryNames(scene, provider, { parameter, names, elsewhere: {}, expectation: refusalOf(parameter, invalid) }),
  };
}

function legal(scene: Scene, parameter: Parameter, invalid: Example): Case {
  const elsewhere = harmless(scene, parameter);
  const names = legalNames(parameter, sentName(scene, parameter));
  const expectation = acceptance(scene, invalid, `${parameter.pointer}/schema`);
  return {
    id: `${parameter.name}/random-legal`,
    title: `${RUNS} random names that are a ${parameter.name} (seed ${scene.seed})`,
    cause: invalid,
    run: elsewhere
      ? (provider) => tryNames(scene, provider, { parameter, names, elsewhere, expectation })
      : needsAbsence(scene, parameter),
  };
}

/** An existing name with a character put into it somewhere. */
function changed(name: string): Arbitrary<string> {
  return tuple(nat([...name].length), constantFrom(...CHARACTERS)).map(([at, character]) =>
    [...name].toSpliced(at, 0, character).join(''),
  );
}

function legalNames(parameter: Parameter, base: string): Arbitrary<string> {
  const isOne = (name: string) => isSendable(name) && isLegal(parameter, name);
  const few = changed(base).filter(isOne);
  try {
    return parameter.pattern === undefined ? few : oneof(few, stringMatching(parameter.pattern).filter(isOne));
  } catch {
    // fast-check does not know every construct of a regular expression.
    return few;
  }
}

/** Dots and nothing have cases of their own; half a surrogate pair cannot be encoded. */
const isSendable = (name: string) => name !== '' && name !== '.' && name !== '..' && !/\p{Cs}/u.test(name);

interface Trial {
  readonly parameter: Parameter;
  readonly names: Arbitrary<string>;
  readonly elsewhere: Segments;
  readonly expectation: Expectation;
}

async function tryNames(scene: Scene, provider: Provider, trial: Trial): Promise<Outcome> {
  const { parameter, names, elsewhere, expectation } = trial;
  const ask = async (name: string): Promise<Outcome> => {
    const request = requestOf(scene, { ...elsewhere, [parameter.name]: encodeSegment(name) });
    return judge(scene.contract, await provider.send(request), expectation);
  };
  let last: readonly Violation[] = [];
  let stopped: { readonly why: unknown } | undefined;
  const property = asyncProperty(names, async (name) => {
    if (stopped !== undefined) return true;
    try {
      const outcome = await ask(name);
      const violations = isViolations(outcome) ? outcome : [];
      // While a failure is made smaller, the last one is the smallest.
      if (violations.length > 0) last = violations;
      return violations.length === 0;
    } catch (why) {
      // To fast-check a throw is a failure like any other, and it would try again and again.
      stopped = { why };
      return true;
    }
  });
  const { failed, counterexample } = await check(property, { seed: scene.seed, numRuns: RUNS });
  if (stopped !== undefined && !(stopped.why instanceof Unfinished)) throw stopped.why;
  if (failed) return last.map((one) => ({ ...one, seenWith: smallest(counterexample?.[0], scene.seed) }));
  return stopped === undefined ? [] : { reason: (stopped.why as Unfinished).message };
}

function smallest(name: string | undefined, seed: number): string {
  return `${JSON.stringify(name)}, the smallest such name (seed ${seed})`;
}
