// Adds up what was seen. Memory grows with the number of different findings, not with the number of exchanges.
import type { Contract } from '../../contract/contract.ts';
import { type Level, levelOf, levelOfState, takesIn } from '../../contract/level.ts';
import { ruleInWords } from '../../contract/rule-in-words.ts';
import { findingsByLevel } from '../../report/by-level.ts';
import type { Finding, Violation } from '../../report/model.ts';
import { presentable } from '../../report/presentable.ts';
import { plural } from '../../report/summary.ts';
import { isPreflight } from '../traffic/preflight.ts';
import type { Recorded } from '../traffic/recording.ts';
import type { Transcriber } from '../transcript.ts';
import { type Cause, causesOf } from './causes.ts';
import { type Judgement, judgeExchange, type Terms } from './judge-exchange.ts';
import { NamesSeen } from './names-seen.ts';

/** Max different violations of one cause in the report. Beyond that they are only counted. */
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
  readonly #names: NamesSeen;
  /** Requests that succeeded. */
  requests = 0;

  constructor(terms: Terms, transcriber: Transcriber) {
    this.#terms = terms;
    this.#transcriber = transcriber;
    this.#names = new NamesSeen(terms.contract);
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
    if (judgement === undefined) {
      // That the upstream was not there is a trouble, which has a note of its own.
      if (recorded.closedBy !== 'unreached') this.#unjudged++;
      return;
    }
    this.#names.add(
      judgement,
      () => this.#transcriber.exchangeOf(recorded),
      (text) => this.#transcriber.masked(text),
    );
    this.#count(judgement, recorded);
  }

  #count({ cause, violations }: Judgement, recorded: Recorded): void {
    const seen = this.#seenOf(cause);
    seen.times++;
    for (const violation of violations) {
      const shown = presentable(violation, (text) => this.#transcriber.masked(text));
      const { message, rule, party = 'provider' } = shown;
      const key = JSON.stringify([party, rule, message]);
      const known = seen.violations.get(key);
      if (known !== undefined) known.times++;
      else if (seen.violations.size >= MAX_VIOLATIONS) seen.omitted++;
      else {
        const exchange = this.#transcriber.exchangeOf(recorded);
        seen.violations.set(key, { violation: { ...shown, party, exchange }, times: 1 });
      }
    }
  }

  #seenOf(cause: Cause): Seen {
    const id = idOf(cause);
    const seen = this.#seen.get(id) ?? { cause, times: 0, omitted: 0, violations: new Map() };
    this.#seen.set(id, seen);
    return seen;
  }

  /** A finding for every cause that the contract's operations declare, and for every other cause that was seen. */
  findings(): Finding[] {
    const { contract, level } = this.#terms;
    return [...this.#seen.values()]
      .flatMap((seen) => findingsOf(contract, seen, level))
      .concat(this.#names.findings())
      .filter((one) => takesIn(level, one.level));
  }

  notes(): string[] {
    const omitted = [...this.#seen.values()].filter((seen) => seen.omitted > 0);
    return [
      ...(this.#preflights === 0
        ? []
        : [`${plural(this.#preflights, 'CORS preflight')} not judged: the browser sends them, not the consumer.`]),
      ...omitted.map((seen) => `${plural(seen.omitted, 'more violation')} of ${idOf(seen.cause)} not listed.`),
      ...(this.#unjudged === 0
        ? []
        : [
            `${plural(this.#unjudged, 'exchange')} could not be judged: the consumer did not wait for the answer, it was too long, or too many were due.`,
          ]),
    ];
  }
}

const idOf = ({ operation, status, name }: Cause): string => `${operation?.id ?? 'outside'}/${status}/${name}`;

const levelOfCause = (contract: Contract, { response, pointer = response }: Cause): Level =>
  levelOfState(contract, { pointer, response });

function findingsOf(contract: Contract, { cause, times, violations }: Seen, level: Level): Finding[] {
  const { status, name, summary } = cause;
  const about = { id: idOf(cause), level: levelOfCause(contract, cause), status, cause: name, title: summary };
  if (times === 0) {
    const reason = 'the consumer never met it, so it has not tested for it';
    return [{ ...about, verdict: 'not-verified', violations: [], reason }];
  }
  const broken = [...violations.values()].map(({ violation, times }) => ({
    clause: ruleInWords(contract, violation.rule),
    ...violation,
    level: violation.level ?? levelOf(contract, violation.rule),
    times,
  }));
  const title = broken.length > 0 ? summary : `${summary} (met ${times === 1 ? 'once' : `${times} times`})`;
  return findingsByLevel({ ...about, title, verdict: 'verified' }, broken, level);
}
