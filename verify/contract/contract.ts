// The parts of the contract that the verifier uses for its cases and judgements.

/** An OpenAPI document, read for verification. */
export interface Contract {
  readonly file: string;
  readonly title: string;
  readonly version: string;
  /** The parsed document. Schemas are compiled within it. */
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
  /** The path template, such as `/v2/…/tags/{tag}`. */
  readonly path: string;
  /** The methods that the path has, in capitals. */
  readonly methods: readonly string[];
  readonly parameters: readonly Parameter[];
  /** Accepted kinds of credentials; one of them is enough. Empty: no credentials are needed. */
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

/** An API key in a header: a token, or a signature if the contract bounds the clock skew. */
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
  /** By media type; empty if the response has no content. */
  readonly content: readonly Content[];
  readonly examples: readonly Example[];
}

export interface Header {
  readonly pointer: string;
  readonly name: string;
  readonly required: boolean;
  /** Pointer to its schema. */
  readonly schema: string;
  /** Whether its values are numbers. */
  readonly isNumeric: boolean;
  readonly pattern: RegExp | undefined;
  readonly example: string | undefined;
}

export interface Content {
  readonly pointer: string;
  readonly mediaType: string;
  /** Pointer to its schema; undefined if it has none. */
  readonly schema: string | undefined;
}

/** A named example of an answer: a cause. */
export interface Example {
  readonly pointer: string;
  /** Pointer to its response; outside the operations, to the example itself. */
  readonly response: string;
  readonly name: string;
  readonly status: string;
  readonly summary: string;
  /** Its `error_code`. */
  readonly code: string | undefined;
  /** `x-cause`: the fault that it answers, such as `parameter: tag`; empty if the contract does not say. */
  readonly because: ReadonlyMap<string, string>;
}

export interface Gateway {
  readonly pointer: string;
  /** Names of the examples that a front gateway decides (`x-decided-by`), before the provider's own program. */
  readonly decidedInFront: ReadonlySet<string>;
  readonly examples: readonly Example[];
  /** Headers that every error of the operations has, and these have too. */
  readonly headers: readonly Header[];
  readonly content: readonly Content[];
}

/** An entry of `x-rules`: a rule that OpenAPI cannot express. */
export interface Rule {
  readonly pointer: string;
  readonly id: string;
  readonly description: string;
  /** Statuses, in the order of their checks. */
  readonly order: readonly string[];
  /** Statuses, each of which is right. */
  readonly statuses: readonly string[];
  /** The name of the example that the rule asks for. */
  readonly example: string | undefined;
  /** The parameter in which one character is sent as another. */
  readonly substitution:
    | { readonly parameter: string; readonly character: string; readonly sentAs: string }
    | undefined;
}

/** The rule with this name. */
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
