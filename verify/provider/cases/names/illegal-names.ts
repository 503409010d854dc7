// Names beyond a parameter's bounds, outside of its alphabet, and percent-encoded as they must not be.
import { gatewayExample, invalidParameter } from '../../../contract/causes.ts';
import { type Example, isLegal, type Parameter, ruleOf } from '../../../contract/contract.ts';
import { encodeSegment } from '../../scene/encode.ts';
import { CHARACTERS, joined, nameOf, placed, tooLong } from '../../scene/names.ts';
import type { NotVerified } from '../../scene/outcome.ts';
import { type Elsewhere, elsewhereRefused } from '../../scene/safe-targets.ts';
import { requestOf, type Scene, sentName } from '../../scene/scene.ts';
import { type Case, requestsCase } from '../case.ts';
import { type Expectation, levelAsked, orElse } from '../expectation.ts';

/** No UTF-8, or no escape at all. */
const MALFORMED = ['%', '%2', '%zz', '%u0041', '%C3%28', '%F0', '%FF', '%C0%AF'];
/** Decoded once they hold a percent sign; decoded twice they look harmless, or are a slash. */
const DOUBLE = ['%252F', '%2524', '%2500', '%2541'];

/** How much longer than allowed, in characters. */
const FAR_TOO_LONG = 512;

/** A provider may correct such a name, cut it or decode it twice. What is left must not name anything that exists. */
export function illegalNameCases(scene: Scene): Case[] {
  return scene.path.flatMap((parameter) => {
    const invalid = invalidParameter(scene.operation, parameter);
    return invalid === undefined ? [] : casesOf(scene, parameter, invalid);
  });
}

/** What a parameter's illegal value is answered, and what says so. */
export function refusalOf({ operation }: Scene, { pointer }: Parameter, invalid: Example): Expectation {
  const names = ruleOf(operation, 'illegal-names-name-nothing');
  const atLeast = names && { atLeast: { statuses: names.statuses, rule: names.pointer } };
  return { causes: [invalid], rule: `${pointer}/schema`, ...atLeast };
}

/** A name as it travels. */
interface Name {
  readonly label: string;
  readonly segment: string;
}

/** Illegal names of a kind. */
interface Kind {
  readonly id: string;
  readonly title: string;
  readonly names: readonly Name[];
  /** Those that may be tried in the existing repository: cut short, they name the tag that refused requests are aimed at. */
  readonly inPlace?: readonly Name[];
  readonly expectation: Expectation;
  /** Why they cannot be sent. */
  readonly unsendable?: NotVerified | undefined;
}

const asSent = (segment: string, label = segment): Name => ({ label, segment });
const plain = (name: string): Name => asSent(encodeSegment(name));

function casesOf(scene: Scene, parameter: Parameter, invalid: Example): Case[] {
  const there = elsewhereRefused(scene, parameter, invalid);
  const here: Elsewhere = (segment) => requestOf(scene, { [parameter.name]: segment });
  return kindsOf(scene, parameter, invalid).flatMap(({ id, title, names, inPlace, expectation, unsendable }) => {
    const named = { id: `${parameter.name}/${id}`, title };
    const [to, tried] = typeof there === 'function' || !inPlace ? [unsendable ?? there, names] : [here, inPlace];
    if (typeof to !== 'function') {
      return [{ ...named, cause: invalid, level: levelAsked(scene.contract, expectation), run: to }];
    }
    const requests = tried.map(({ label, segment }) => ({ label, request: to(segment) }));
    return requestsCase(scene.contract, named, requests, expectation);
  });
}

function kindsOf(scene: Scene, parameter: Parameter, invalid: Example): Kind[] {
  const { name, pointer } = parameter;
  const base = sentName(scene, parameter);
  const refusal = refusalOf(scene, parameter, invalid);
  const byPattern = { ...refusal, rule: `${pointer}/schema/pattern` };
  const doubled = DOUBLE.filter((ending) => !isLegal(parameter, decodeURIComponent(base + ending)));
  return [
    ...tooLongKinds(parameter, refusal),
    {
      id: 'outside-its-alphabet',
      title: `a ${name} with a character that its pattern does not allow there`,
      names: outsideAlphabet(parameter, base),
      inPlace: outsideAlphabet(parameter, base, (value, character) => value === base + character),
      expectation: byPattern,
    },
    {
      id: 'adjacent-separators',
      title: `a ${name} with separators side by side that its pattern does not allow`,
      names: joined(parameter, base)
        .filter((value) => !isLegal(parameter, value))
        .map(plain),
      expectation: byPattern,
    },
    {
      id: 'malformed-escape',
      title: `a ${name} with an invalid percent-encoding`,
      names: MALFORMED.map((ending) => asSent(encodeSegment(base) + ending, ending)),
      expectation: orElse(refusal, gatewayExample(scene.contract, '400')),
      unsendable: needsToken(scene),
    },
    {
      id: 'encoded-twice',
      title: `a ${name} that is percent-encoded twice`,
      names: doubled.map((ending) => asSent(encodeSegment(base) + ending)),
      expectation: refusal,
    },
  ];
}

function tooLongKinds(parameter: Parameter, refusal: Expectation): Kind[] {
  const { name, pointer, maxLength } = parameter;
  return [1, FAR_TOO_LONG].flatMap((more): Kind[] => {
    const value = maxLength === undefined ? undefined : tooLong(parameter, maxLength + more);
    if (value === undefined) return [];
    return [
      {
        id: `too-long-by-${more}`,
        title: `a ${name} of ${[...value].length} characters`,
        names: [plain(value)],
        expectation: { ...refusal, rule: `${pointer}/schema/maxLength` },
      },
    ];
  });
}

/** Only a token does: to sign a path it has to be decoded. */
function needsToken({ allowed }: Scene): NotVerified | undefined {
  if (allowed[0].kind !== 'signature') return undefined;
  return { reason: 'what cannot be decoded cannot be signed', fixture: 'credentials.allowed.token' };
}

function outsideAlphabet(
  parameter: Parameter,
  base: string,
  isWanted: (value: string, character: string) => boolean = () => true,
): Name[] {
  return CHARACTERS.flatMap((character) => {
    const [first = '', middle = '', last = ''] = placed(character, base);
    const isLetter = isLegal(parameter, middle);
    // What is illegal within a name is so at its ends: one request is enough, but for what might be trimmed.
    const isTrimmed = character.trim() === '' || character < ' ';
    return (isLetter ? [first, last] : isTrimmed ? [first, middle, last] : [middle])
      .filter((value) => !isLegal(parameter, value) && isWanted(value, character))
      .map((value) => asSent(encodeSegment(value), nameOf(character)));
  });
}
