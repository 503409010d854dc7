// The result of a check. Terminal, JSON, JUnit and HTML reports are all made from it.
import type { Level } from '../contract/level.ts';
import type { Harm } from './harms.ts';

/**
 * `not-verified`: the state could not be arranged, or no request ever met it. It never counts as passed.
 */
export type Verdict = 'verified' | 'violated' | 'not-verified';

/** One request and its answer, as sent on the wire, with secrets masked. */
export interface Exchange {
  readonly sent: string;
  /** What came back; undefined if nothing did. */
  readonly received: string | undefined;
  /** A command line that sends the request again; secrets are shell variables. */
  readonly curl: string;
  readonly milliseconds: number;
}

/** A rule of the contract that was broken. */
export interface Violation {
  /** A JSON pointer into the contract, such as `#/components/responses/…`. */
  readonly rule: string;
  /** What is wrong, and what the rule asks for: a sentence for the person who has to fix it. */
  readonly message: string;
  /** The rule in words, with the heading of the docs page that shows it. */
  readonly clause?: string;
  /** The level of the rule, if it is another than that of its place in the contract. */
  readonly level?: Level;
  /** What callers suffer; `shape` if absent. */
  readonly harm?: Harm;
  /** The same for violations with one fix, such as `not 401`. If absent, harm, rule and message are compared. */
  readonly alike?: string;
  /** Secrets are already masked and quotes already cut. */
  readonly isPresentable?: boolean;
  /** A front gateway gave the answer, before the provider's own program. */
  readonly isGateway?: boolean;
  /** Why the case can no longer tell whether its own rule holds. */
  readonly blocks?: { readonly reason: string; readonly fixture?: string };
  /**
   * The value found in this answer or request, such as `request_id: "a"`. The message is the same for every case of a fault,
   * so that they are one thing to mend; this may be another in each.
   */
  readonly found?: string;
  /** The requests of the case that showed it, if the case has several. */
  readonly seenWith?: string;
  /** The side at fault, if a check judges both sides; the provider if absent. */
  readonly party?: 'provider' | 'consumer';
  /** How often it was seen, if one exchange is shown for several like it; 1 if absent. */
  readonly times?: number;
  readonly exchange?: Exchange;
}

/** The outcome of one case. */
export interface Finding {
  /** A stable name, such as `tag/too-long`; of what a case found beyond its own level, such as `tag/too-long:full`. */
  readonly id: string;
  /** The level that the rule comes from. */
  readonly level: Level;
  /** A front gateway decides this, before the provider's own program. */
  readonly isGateway?: boolean;
  /** What was tried, in a line. */
  readonly title: string;
  /** The status that the case is about, as the contract spells it: `204`, `400`, … */
  readonly status: string;
  /** The name of the contract's example that is the cause, or `success`. */
  readonly cause: string;
  readonly verdict: Verdict;
  /** At least one if the verdict is `violated`, otherwise empty. */
  readonly violations: readonly Violation[];
  /** If not verified: why, and what would change that. */
  readonly reason?: string;
  /** If not verified: the fixture key that would arrange the state, such as `provoke.429`. */
  readonly fixture?: string;
}

/** A whole run. */
export interface Report {
  readonly kind: 'provider' | 'consumer';
  /** Highest level at which cases ran and violations count. */
  readonly level: Level;
  /** The base URL of the provider. */
  readonly target: string;
  readonly contract: { readonly title: string; readonly version: string; readonly file: string };
  readonly startedAt: Date;
  readonly seconds: number;
  readonly requests: number;
  /** Repeats the random cases of this run. */
  readonly seed?: number;
  readonly findings: readonly Finding[];
  /** Notes for the reader of the report, for example about what was left out. */
  readonly notes?: readonly string[];
}
