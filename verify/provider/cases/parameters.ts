// Each parameter at, below and beyond its bounds, outside of its alphabet, empty, and percent-encoded in every way.
import { gatewayExample, invalidParameter, unknownQuery } from '../../contract/causes.ts';
import { type Example, isLegal, type Parameter } from '../../contract/contract.ts';
import { type Case, type Expectation, type LabelledRequest, requestCase, requestsCase } from '../case.ts';
import { CHARACTERS, joined, legalOfLength, nameOf, placed, tooLong } from '../names.ts';
import { isFirst, nowhere } from '../nowhere.ts';
import {
  absentSegment,
  causesAfter,
  encodeSegment,
  keyOf,
  requestOf,
  type Scene,
  type Segments,
  sentName,
} from '../scene.ts';

/** No UTF-8, or no escape at all. */
const MALFORMED = ['%', '%2', '%zz', '%u0041', '%C3%28', '%F0', '%FF', '%C0%AF'];
/** Decoded once they hold a percent sign; decoded twice they look harmless, or are a slash. */
const DOUBLE = ['%252F', '%2524', '%2500', '%2541'];
const DOTS = ['.', '..', '%2e', '%2E%2e'];

const UNORDERED = 'the contract does not say that a name is judged before it is looked up';

/** How much longer than allowed, in characters. */
const FAR_TOO_LONG = 512;

export function parameterCases(scene: Scene): Case[] {
  const cases = scene.path.flatMap((parameter) => {
    const invalid = invalidParameter(scene.operation, parameter);
    return invalid === undefined
      ? []
      : [...illegalCases(scene, parameter, invalid), ...legalCases(scene, parameter, invalid)];
  });
  return [...cases, ...queryCases(scene)];
}

/** What a parameter's illegal value is answered, and what says so. */
export function refusalOf({ pointer }: Parameter, invalid: Example): Expectation {
  return { causes: [invalid], rule: `${pointer}/schema` };
}

/** Aimed at a tag that exists, but for this one name: a provider that puts it right deletes. */
function illegalCases(scene: Scene, parameter: Parameter, invalid: Example): Case[] {
  const { contract } = scene;
  const { name, pointer, maxLength } = parameter;
  const base = sentName(scene, parameter);
  const labelled = (raw: string): LabelledRequest => ({ label: raw, request: requestOf(scene, { [name]: raw }) });
  const refusal = refusalOf(parameter, invalid);
  const longer = [1, FAR_TOO_LONG].flatMap((more) => {
    const value = maxLength === undefined ? undefined : tooLong(parameter, maxLength + more);
    return value === undefined ? [] : [{ more, value }];
  });
  return [
    ...longer.map(({ more, value }) =>
      requestCase(
        contract,
        { id: `${name}/too-long-by-${more}`, title: `a ${name} of ${[...value].length} characters` },
        requestOf(scene, { [name]: encodeSegment(value) }),
        { ...refusal, rule: `${pointer}/schema/maxLength` },
      ),
    ),
    requestsCase(
      contract,
      { id: `${name}/outside-its-alphabet`, title: `a ${name} with a character that its pattern does not allow there` },
      outsideAlphabet(scene, parameter, base),
      { ...refusal, rule: `${pointer}/schema/pattern` },
    ),
    requestsCase(
      contract,
      {
        id: `${name}/adjacent-separators`,
        title: `a ${name} with separators side by side that its pattern does not allow`,
      },
      joined(parameter, base)
        .filter((value) => !isLegal(parameter, value))
        .map((value) => labelled(encodeSegment(value))),
      { ...refusal, rule: `${pointer}/schema/pattern` },
    ),
    malformedCase(scene, parameter, orElse(refusal, gatewayExample(contract, '400'))),
    requestsCase(
      contract,
      { id: `${name}/encoded-twice`, title: `a ${name} that is percent-encoded twice` },
      DOUBLE.filter((ending) => !isLegal(parameter, decodeURIComponent(base + ending))).map((ending) =>
        labelled(encodeSegment(base) + ending),
      ),
      refusal,
    ),
    ...shortenedCases(scene, parameter, orElse(refusal, gatewayExample(contract, '404'))),
  ];
}

/** A front end that resolves dots, or drops an empty name, passes on another path: nothing that exists stands there. */
function shortenedCases(scene: Scene, parameter: Parameter, expectation: Expectation): Case[] {
  const { name } = parameter;
  const dots = DOTS.filter((one) => !isLegal(parameter, decodeURIComponent(one)));
  const kinds = [
    { id: `${name}/dots`, title: `dots in place of a ${name}`, names: dots },
    { id: `${name}/empty`, title: `an empty ${name}`, names: [''] },
  ];
  const to = nowhere(scene);
  const [cause] = expectation.causes;
  return kinds.map(({ names, ...named }) => {
    if (typeof to !== 'function') return { ...named, cause, run: to };
    if (!isFirst(scene, cause.status)) return { ...named, cause, run: { reason: UNORDERED } };
    const requests = names.map((raw) => ({ label: raw, request: to({ [name]: raw }) }));
    const [only] = requests;
    return requests.length === 1 && only !== undefined
      ? requestCase(scene.contract, named, only.request, expectation)
      : requestsCase(scene.contract, named, requests, expectation);
  });
}

/** Only a token does: to sign a path it has to be decoded. */
function malformedCase(scene: Scene, parameter: Parameter, expectation: Expectation): Case {
  const { name } = parameter;
  const named = { id: `${name}/malformed-escape`, title: `a ${name} with a percent-encoding that is none` };
  if (scene.allowed[0].kind === 'signature') {
    const run = { reason: 'what cannot be decoded cannot be signed', fixture: 'credentials.allowed.token' };
    return { ...named, cause: expectation.causes[0], run };
  }
  const base = encodeSegment(sentName(scene, parameter));
  const requests = MALFORMED.map((ending) => ({ label: ending, request: requestOf(scene, { [name]: base + ending }) }));
  return requestsCase(scene.contract, named, requests, expectation);
}

function orElse(expectation: Expectation, other: Example | undefined): Expectation {
  return other === undefined ? expectation : { ...expectation, causes: [...expectation.causes, other] };
}

function outsideAlphabet(scene: Scene, parameter: Parameter, base: string): LabelledRequest[] {
  return CHARACTERS.flatMap((character) => {
    const [first = '', middle = '', last = ''] = placed(character, base);
    const isLetter = isLegal(parameter, middle);
    // What is illegal within a name is so at its ends: one request is enough, but for what might be trimmed.
    const isTrimmed = character.trim() === '' || character < ' ';
    return (isLetter ? [first, last] : isTrimmed ? [first, middle, last] : [middle])
      .filter((value) => !isLegal(parameter, value))
      .map((value) => ({
        label: nameOf(character),
        request: requestOf(scene, { [parameter.name]: encodeSegment(value) }),
      }));
  });
}

/** They must get past the check of names, to names that do not exist: nothing is deleted. */
function legalCases(scene: Scene, parameter: Parameter, invalid: Example): Case[] {
  const { name, pointer, minLength, maxLength } = parameter;
  const elsewhere = harmless(scene, parameter);
  const base = sentName(scene, parameter);
  const cases = [
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
      segments: [...CHARACTERS.map((character) => placed(character, base)[1] ?? ''), ...joined(parameter, base)]
        .filter((one) => isLegal(parameter, one))
        .map(encodeSegment),
    },
    {
      id: 'percent-encoded',
      title: `a ${name} whose every letter is percent-encoded`,
      segments: [everyByteEncoded(base)],
    },
    ...substitutionCases(scene, parameter, base),
  ];
  return cases.map(({ id, title, segments, rule }: LegalCase) => {
    const named = { id: `${name}/${id}`, title };
    if (elsewhere === undefined) return { ...named, cause: invalid, run: needsAbsence(scene, parameter) };
    const requests = segments.map((segment) => ({
      label: segment,
      request: requestOf(scene, { ...elsewhere, [name]: segment }),
    }));
    const past = requestsCase(scene.contract, named, requests, acceptance(scene, invalid, rule ?? `${pointer}/schema`));
    return { ...past, cause: invalid };
  });
}

interface LegalCase {
  readonly id: string;
  readonly title: string;
  readonly segments: readonly string[];
  readonly rule?: string;
}

/** A character that travels as another one: plain, and percent-encoded. */
function substitutionCases({ operation }: Scene, parameter: Parameter, base: string): LegalCase[] {
  return operation.rules.flatMap(({ pointer, substitution }) => {
    if (substitution?.parameter !== parameter.name) return [];
    const { sentAs, character } = substitution;
    const escapes = [...Buffer.from(sentAs)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join('');
    const [, value = ''] = placed(sentAs, `${base}0`);
    if (!isLegal(parameter, value)) return [];
    return [[sentAs, 'plain'] as const, [escapes, 'encoded'] as const].map(([sent, how]) => ({
      id: `substitution-${how}`,
      title: `a ${parameter.name} in which ${character} travels as ${sent}`,
      segments: [encodeSegment(value).replaceAll(sentAs, () => sent)],
      rule: pointer,
    }));
  });
}

/** Any answer of the checks that come after that of names. */
export function acceptance(scene: Scene, invalid: Example, rule: string): Expectation {
  const [first = scene.success, ...others] = causesAfter(scene, invalid.status).filter(
    ({ status }) => Number(status) < 500 && status !== '429',
  );
  return { causes: [first, ...others], rule };
}

/** The other names, so that nothing is meant that exists; undefined where the fixtures know no such name. */
export function harmless(scene: Scene, parameter: Parameter): Segments | undefined {
  const other = parameter === scene.last ? scene.path.at(-2) : scene.last;
  const segment = other && absentSegment(scene, other);
  return other === undefined || segment === undefined ? undefined : { [other.name]: segment };
}

export function needsAbsence(scene: Scene, parameter: Parameter) {
  const other = parameter === scene.last ? scene.path.at(-2) : scene.last;
  const key = keyOf(scene, other ?? parameter);
  const reason = scene.unproven.get(key) ?? 'legal names are tried where nothing exists, and no such place is known';
  return { reason, fixture: `absent.${key}` };
}

function everyByteEncoded(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

function queryCases(scene: Scene): Case[] {
  const example = unknownQuery(scene.operation);
  if (example === undefined) return [];
  const queries = ['force=true', 'verify', 'a=1&a=2'];
  return [
    requestsCase(
      scene.contract,
      { id: 'query/unknown', title: 'a query parameter that the operation does not take' },
      queries.map((query) => ({
        label: `?${query}`,
        request: requestOf(scene, {}, { target: `${requestOf(scene).target}?${query}` }),
      })),
      { causes: [example], rule: example.pointer },
    ),
  ];
}
