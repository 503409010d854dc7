// What was seen, added up: memory does not grow with the number of exchanges, only with that of different findings.
import type { Finding, Violation } from '../report/model.ts';
import { presentable } from '../report/presentable.ts';
import { type Cause, causesOf } from './causes.ts';
import { type Judgement, judgeExchange, type Terms } from './judge-exchange.ts';
import { isPreflight } from './preflight.ts';
import type { Recorded } from './recording.ts';
import type { Transcriber } from './transcript.ts';

/** Different violations of one cause that are shown; the others are counted. */
const MAX_VIOLATIONS = 20;

interface Seen {
  readonly cause: Cause;
  times: number;
  omitted: number;
  /** By party, rule and message. */
  readonly violations: Map<string, { readonly violation: Violation; times: number }>;
}

export class Observations {
  readonly #terms: Terms;
  readonly #transcriber: Transcriber;
  readonly #seen = new Map<string, Seen>();
  #unjudged = 0;
  #preflights = 0;
  /** Requests that went through. */
  requests = 0;

  constructor(terms: Terms, transcriber: Transcriber) {
    this.#terms = terms;
    this.#transcriber = transcriber;
    for (const cause of causesOf(terms.contract)) this.#seenOf(cause);
  }

  add(recorded: Recorded): void {
    if (recorded.request !== undefined && isPreflight(recorded.request)) {
      this.#preflights++;
      return;
    }
    if (recorded.request !== undefined) this.requests++;
    this.#transcriber.learn(recorded);
    const judgement = judgeExchange(this.#terms, recorded);
    if (judgement === undefined) this.#unjudged++;
    else this.#count(judgement, recorded);
  }

  #count({ cause, violations }: Judgement, recorded: Recorded): void {
    const seen = this.#seenOf(cause);
    seen.times++;
    for (const violation of violations) {
      const shown = presentable(violation, (text) => this.#transcriber.masked(text));
      const { rule, message, found, party = 'provider' } = shown;
      const key = JSON.stringify([party, rule, message]);
      const known = seen.violations.get(key);
      if (known !== undefined) known.times++;
      else if (seen.violations.size >= MAX_VIOLATIONS) seen.omitted++;
      else {
        const exchange = this.#transcriber.exchangeOf(recorded);
        const told = { rule, message, ...(found !== undefined && { found }), party, exchange };
        seen.violations.set(key, { violation: told, times: 1 });
      }
    }
  }

  #seenOf(cause: Cause): Seen {
    const id = idOf(cause);
    const seen = this.#seen.get(id) ?? { cause, times: 0, omitted: 0, violations: new Map() };
    this.#seen.set(id, seen);
    return seen;
  }

  /** A finding for every cause that the contract's operations declare, and for whatever else was seen. */
  findings(): Finding[] {
    return [...this.#seen.values()].map(findingOf);
  }

  notes(): string[] {
    const omitted = [...this.#seen.values()].filter((seen) => seen.omitted > 0);
    return [
      ...(this.#preflights === 0
        ? []
        : [`${this.#preflights} CORS preflights are not judged: the browser sends them, not the consumer.`]),
      ...omitted.map((seen) => `${seen.omitted} more violations of ${idOf(seen.cause)} are not listed.`),
      ...(this.#unjudged === 0
        ? []
        : [
            `${this.#unjudged} exchanges could not be judged: nobody waited for the answer, it was too long, or too many were due.`,
          ]),
    ];
  }
}

const idOf = ({ operation, status, name }: Cause): string => `${operation?.id ?? 'outside'}/${status}/${name}`;

function findingOf({ cause, times, violations }: Seen): Finding {
  const { status, name, summary } = cause;
  const finding = { id: idOf(cause), status, cause: name, violations: [] };
  if (times === 0) {
    const reason = 'the consumer never met it, and so has not tested for it';
    return { ...finding, title: summary, verdict: 'not-verified', reason };
  }
  const broken = [...violations.values()].map((one) => ({ ...one.violation, times: one.times }));
  if (broken.length > 0) return { ...finding, title: summary, verdict: 'violated', violations: broken };
  return { ...finding, title: `${summary} (met ${times === 1 ? 'once' : `${times} times`})`, verdict: 'verified' };
}
