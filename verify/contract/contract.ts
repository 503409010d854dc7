// What the verifier takes from the contract: everything that a case or a judgement is made of.

/** An OpenAPI document, read for verification. */
export interface Contract {
  readonly file: string;
  readonly title: string;
  readonly version: string;
  /** As parsed; schemas are compiled in it. */
  readonly document: object;
  readonly operations: readonly Operation[];
  /** Answers given before an operation is found: `x-gateway-responses`. */
  readonly gateway: Gateway;
}

export interface Operation {
  readonly pointer: string;
  readonly id: string;
  /** In capitals. */
  readonly method: string;
  /** The path template, as `/v2/…/tags/{tag}`. */
  readonly path: string;
  /** The methods that the path has, in capitals. */
  readonly methods: readonly string[];
  readonly parameters: readonly Parameter[];
  /** The ways in; one of them is enough. None: nobody is asked who they are. */
  readonly security: readonly SecurityScheme[];
  readonly responses: readonly Response[];
  readonly rules: readonly Rule[];
}

export interface Parameter {
  readonly pointer: string;
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly pattern: RegExp | undefined;
  /** In characters. */
  readonly minLength: number;
  readonly maxLength: number | undefined;
  readonly example: string | undefined;
}

/** An API key in a header: a token, or a signature where the contract bounds the clock's skew. */
export interface SecurityScheme {
  readonly pointer: string;
  readonly name: string;
  readonly kind: 'token' | 'signature';
  readonly header: string;
  readonly maxLength: number | undefined;
  readonly maxClockSkewSeconds: number | undefined;
}

export interface Response {
  readonly pointer: string;
  /** As the contract spells it: `204`, `4XX`, `default`. */
  readonly status: string;
  readonly headers: readonly Header[];
  /** By media type; none where the response has no content. */
  readonly content: readonly Content[];
  readonly examples: readonly Example[];
}

export interface Header {
  readonly pointer: string;
  readonly name: string;
  readonly required: boolean;
  /** Where its schema stands. */
  readonly schema: string;
  /** Its values are numbers. */
  readonly isNumeric: boolean;
  readonly pattern: RegExp | undefined;
  readonly example: string | undefined;
}

export interface Content {
  readonly pointer: string;
  readonly mediaType: string;
  /** Where its schema stands; undefined where there is none. */
  readonly schema: string | undefined;
}

/** A named example of an answer: a cause. */
export interface Example {
  readonly pointer: string;
  /** Where its response stands; outside the operations, the example itself. */
  readonly response: string;
  readonly name: string;
  readonly status: string;
  readonly summary: string;
  /** Its `error_code`. */
  readonly code: string | undefined;
  /** `x-cause`: what it is the answer to, such as `parameter: tag`; empty if the contract does not say. */
  readonly because: ReadonlyMap<string, string>;
}

export interface Gateway {
  readonly pointer: string;
  /** Names of the examples that a front gateway decides (`x-decided-by`), before the provider's own program. */
  readonly decidedInFront: ReadonlySet<string>;
  readonly examples: readonly Example[];
  /** What every error of the operations has, and these have too. */
  readonly headers: readonly Header[];
  readonly content: readonly Content[];
}

/** An entry of `x-rules`: what OpenAPI cannot say. */
export interface Rule {
  readonly pointer: string;
  readonly id: string;
  readonly description: string;
  /** Statuses, in the order of their checks. */
  readonly order: readonly string[];
  /** Statuses, any of which is right. */
  readonly statuses: readonly string[];
  /** The name of the example that the rule asks for. */
  readonly example: string | undefined;
  /** A character of this parameter travels as another one. */
  readonly substitution:
    | { readonly parameter: string; readonly character: string; readonly sentAs: string }
    | undefined;
}

/** The rule of a name. */
export function ruleOf({ rules }: Operation, id: string): Rule | undefined {
  return rules.find((rule) => rule.id === id);
}

/** The named examples of an operation's answers, of one status or of all. */
export function examplesOf({ responses }: Operation, status?: string): Example[] {
  return responses.flatMap(({ examples }) => examples).filter((one) => status === undefined || one.status === status);
}

/** Whether the contract allows the value. Lengths are counted in characters, as JSON Schema does. */
export function isLegal({ pattern, minLength, maxLength }: Parameter, value: string): boolean {
  const length = [...value].length;
  return length >= minLength && length <= (maxLength ?? Number.POSITIVE_INFINITY) && (pattern?.test(value) ?? true);
}
