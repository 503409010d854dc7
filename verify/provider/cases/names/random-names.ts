// Random names, with and without the contract's pattern. A failing name is shrunk.
import {
  type Arbitrary,
  asyncProperty,
  check,
  constantFrom,
  integer,
  oneof,
  sample,
  string,
  stringMatching,
} from 'fast-check';
import { invalidParameter } from '../../../contract/causes.ts';
import { type Example, isLegal, type Parameter } from '../../../contract/contract.ts';
import type { Violation } from '../../../report/model.ts';
import { encodeSegment } from '../../scene/encode.ts';
import { CHARACTERS } from '../../scene/names.ts';
import { isViolations, type NotVerified, type Outcome } from '../../scene/outcome.ts';
import { type Elsewhere, elsewhere, elsewhereRefused } from '../../scene/safe-targets.ts';
import { type Scene, sentName } from '../../scene/scene.ts';
import type { Provider } from '../../send/provider.ts';
import { ask, type Case } from '../case.ts';
import { type Expectation, levelAsked } from '../expectation.ts';
import { refusalOf } from './illegal-names.ts';
import { acceptance } from './legal-names.ts';

const RUNS = 30;

/** Number of random names to generate. Only those that fit are used; a pattern may leave few or none. */
const SAMPLES = 200;

/** Any code points; fast-check's own unit for that keeps a table of all of them. */
const codePoint = integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code));
const anything = string({ unit: codePoint, minLength: 1, maxLength: 40 });

const NO_SUCH_NAME: NotVerified = { reason: 'no such name could be made' };

export function randomNameCases(scene: Scene): Case[] {
  return scene.path.flatMap((parameter) => {
    const invalid = invalidParameter(scene.operation, parameter);
    return invalid === undefined ? [] : [illegal(scene, parameter, invalid), legal(scene, parameter, invalid)];
  });
}

function illegal(scene: Scene, parameter: Parameter, invalid: Example): Case {
  return trialCase(scene, {
    id: `${parameter.name}/random-illegal`,
    title: `random names that are no ${parameter.name}`,
    cause: invalid,
    to: elsewhereRefused(scene, parameter, invalid),
    names: () => namesOf(scene, parameter, anything, (name) => !isLegal(parameter, name)),
    expectation: refusalOf(scene, parameter, invalid),
  });
}

function legal(scene: Scene, parameter: Parameter, invalid: Example): Case {
  return trialCase(scene, {
    id: `${parameter.name}/random-legal`,
    title: `random names that are a ${parameter.name}`,
    cause: invalid,
    to: elsewhere(scene, parameter),
    names: () => namesOf(scene, parameter, matching(parameter), (name) => isLegal(parameter, name)),
    expectation: acceptance(scene, invalid, `${parameter.pointer}/schema`),
  });
}

/** By the pattern; undefined if there is none, or if fast-check does not support it. */
function matching({ pattern }: Parameter): Arbitrary<string> | undefined {
  try {
    return pattern && stringMatching(pattern);
  } catch {
    return undefined;
  }
}

/** The existing name with one more character, and random names; undefined if none of them is as wanted. */
function namesOf(
  scene: Scene,
  parameter: Parameter,
  random: Arbitrary<string> | undefined,
  isWanted: (name: string) => boolean,
): Arbitrary<string> | undefined {
  const letters = [...sentName(scene, parameter)];
  const changed = [...letters, ''].flatMap((_, at) => CHARACTERS.map((one) => letters.toSpliced(at, 0, one).join('')));
  const isOne = (name: string) => isSendable(name) && isWanted(name);
  const made = random ? sample(random, { seed: scene.seed, numRuns: SAMPLES }).filter(isOne) : [];
  // A filter draws until one passes: it is for what passes mostly. It shrinks better than a list does.
  const drawn = random && made.length > SAMPLES / 2 ? random.filter(isOne) : oneOf(made);
  const [first, ...others] = [oneOf(changed.filter(isOne)), drawn].filter((names) => names !== undefined);
  return first && oneof(first, ...others);
}

/** A failing name shrinks towards the shortest of them. */
function oneOf(names: readonly string[]): Arbitrary<string> | undefined {
  if (names.length === 0) return undefined;
  return constantFrom(...[...new Set(names)].toSorted((a, b) => a.length - b.length));
}

/** Dots and nothing have cases of their own; half a surrogate pair cannot be encoded. */
const isSendable = (name: string) => name !== '' && name !== '.' && name !== '..' && !/\p{Cs}/u.test(name);

interface Trial extends Pick<Case, 'id' | 'title' | 'cause'> {
  readonly to: Elsewhere | NotVerified;
  /** Made when the case runs: most cases of a list never do. */
  readonly names: () => Arbitrary<string> | undefined;
  readonly expectation: Expectation;
}

function trialCase(scene: Scene, { id, title, cause, to, names, expectation }: Trial): Case {
  const level = levelAsked(scene.contract, expectation);
  const named = { id, title: `${RUNS} ${title} (seed ${scene.seed})`, cause, level };
  if (typeof to !== 'function') return { ...named, run: to };
  const run = async (provider: Provider): Promise<Outcome> => {
    const made = names();
    if (made === undefined) return NO_SUCH_NAME;
    return tryNames(made, scene.seed, (name) => ask(scene.contract, provider, to(encodeSegment(name)), expectation));
  };
  return { ...named, run };
}

async function tryNames(
  names: Arbitrary<string>,
  seed: number,
  judged: (name: string) => Promise<Outcome>,
): Promise<Outcome> {
  let last: readonly Violation[] = [];
  const others = new Map<string, Violation>();
  let left: NotVerified | undefined;
  let thrown: { readonly error: unknown } | undefined;
  const property = asyncProperty(names, async (name) => {
    if (left !== undefined || thrown !== undefined || isSilent(last)) return true;
    try {
      const outcome = await judged(name);
      if (!isViolations(outcome)) {
        left = outcome;
        return true;
      }
      // While a failure is made smaller, the last one is the smallest. What else was seen on the way is not lost.
      if (outcome.length > 0) last = outcome;
      for (const one of outcome) {
        others.set(`${one.rule} ${one.message}`, { ...one, seenWith: `${JSON.stringify(name)} (seed ${seed})` });
      }
      return outcome.length === 0;
    } catch (error) {
      // To fast-check a throw is a failure like any other, and it would try again and again.
      thrown = { error };
      return true;
    }
  });
  const { failed, counterexample } = await check(property, { seed, numRuns: RUNS });
  if (thrown !== undefined) throw thrown.error;
  if (failed) {
    for (const one of last) others.delete(`${one.rule} ${one.message}`);
    return [...last.map((one) => ({ ...one, seenWith: smallest(counterexample?.[0], seed) })), ...others.values()];
  }
  return left ?? [];
}

/** A smaller name would be waited for as long. */
const isSilent = (violations: readonly Violation[]): boolean => violations.some(({ harm }) => harm === 'no-answer');

function smallest(name: string | undefined, seed: number): string {
  return `${JSON.stringify(name)}, the smallest such name (seed ${seed})`;
}
