// A fault is one deviation from the correct provider. Here: its shape, and the ways to change a list of rules.
import type { Answer, Behaviour, Rule } from './behaviour.ts';
import { catalogue, correct, json } from './correct.ts';
import type { ErrorName } from './names.ts';

export interface Fault {
  /** A stable name, such as `body-on-204`. */
  readonly name: string;
  /** What a user of such a provider loses, in a line. */
  readonly loss: string;
  /** How the ids of findings begin that may catch it: anything else would be by accident. */
  readonly caughtBy: readonly string[];
  /** What it does unlike the correct provider. */
  readonly change: Partial<Behaviour>;
}

/** The rules without those of some names. */
export function without(...names: readonly ErrorName[]): Partial<Behaviour> {
  return { rules: correct.rules.filter(({ refuses }) => !names.includes(refuses)) };
}

/** The rules with another condition for one of them. */
export function refusing(name: ErrorName, when: (rule: Rule) => Rule['when']): Partial<Behaviour> {
  return { rules: correct.rules.map((rule) => (rule.refuses === name ? { ...rule, when: when(rule) } : rule)) };
}

/** The rules in another order of their statuses. */
export function inOrder(...statuses: readonly number[]): Partial<Behaviour> {
  const place = ({ refuses }: Rule) => statuses.indexOf(catalogue[refuses].status);
  return { rules: correct.rules.toSorted((one, other) => place(one) - place(other)) };
}

/** The correct answer of some errors, changed. */
export function answering(
  names: readonly ErrorName[] | 'every error',
  change: (answer: Answer, requestId: string) => Answer,
): Partial<Behaviour> {
  return {
    error: (name, requestId, call) => {
      const answer = correct.error(name, requestId, call);
      return names === 'every error' || names.includes(name) ? change(answer, requestId) : answer;
    },
  };
}

// The content of an error is taken apart freely here: faults make of it what no type allows.
export type Content = Record<string, unknown> & { errors: Record<string, unknown>[] };

/** An answer with another content. */
export function withContent(answer: Answer, change: (content: Content) => unknown): Answer {
  const { body, headers } = json(answer.status, '', change(JSON.parse(answer.body) as Content));
  return { ...answer, body, headers: { ...answer.headers, 'Content-Length': headers['Content-Length'] ?? '' } };
}

/** An answer with other headers; undefined takes one away. */
export function withHeaders(answer: Answer, change: Readonly<Record<string, string | undefined>>): Answer {
  const headers = Object.entries({ ...answer.headers, ...change }).filter(([, value]) => value !== undefined);
  return { ...answer, headers: Object.fromEntries(headers) as Record<string, string> };
}
