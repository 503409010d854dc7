// What a check found out: the one shape that terminal, JSON, JUnit and HTML reports are made from.
import type { Level } from '../contract/level.ts';
import type { Harm } from './harms.ts';

/**
 * `not-verified`: the state could not be arranged, or nobody ever exercised it; it never counts as passed.
 */
export type Verdict = 'verified' | 'violated' | 'not-verified';

/** One request and its answer, as they stood on the wire, secrets masked. */
export interface Exchange {
  readonly sent: string;
  /** What came back; undefined where nothing did. */
  readonly received: string | undefined;
  /** A command line that sends the request again; secrets are shell variables. */
  readonly curl: string;
  readonly milliseconds: number;
}

/** A rule of the contract that was broken. */
export interface Violation {
  /** A JSON pointer into the contract, as `#/components/responses/…`. */
  readonly rule: string;
  /** What is wrong, and what the rule asks for: a sentence for somebody who has to mend it. */
  readonly message: string;
  /** The rule in words, with its place in the docs page. */
  readonly clause?: string;
  /** The level of the rule, if it is another than that of its place in the contract. */
  readonly level?: Level;
  /** What callers suffer; the shape of an answer if it says nothing. */
  readonly harm?: Harm;
  /** The same for violations that are mended together, such as `404, not 400`; else rule and message are it. */
  readonly alike?: string;
  /** Secrets are masked and quotes are cut already. */
  readonly isPresentable?: boolean;
  /** The case cannot tell any more whether its own rule holds, for this reason. */
  readonly blocks?: { readonly reason: string; readonly fixture?: string };
  /**
   * What stood in this answer or request instead, as `request_id: "a"`. The message is the same for every case of a fault,
   * so that they are one thing to mend; this may be another in each.
   */
  readonly found?: string;
  /** Which requests of the case it was seen with, where the case has several. */
  readonly seenWith?: string;
  /** Whose fault it is, where a check judges both sides; the provider's where it says nothing. */
  readonly party?: 'provider' | 'consumer';
  /** How often it was seen, where one exchange stands for several alike; 1 where it says nothing. */
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
  /** At least one where the verdict is `violated`, none elsewhere. */
  readonly violations: readonly Violation[];
  /** Where not verified: why, and what would change that. */
  readonly reason?: string;
  /** Where not verified: the fixture key that would arrange the state, as `provoke.429`. */
  readonly fixture?: string;
}

/** A whole run. */
export interface Report {
  readonly kind: 'provider' | 'consumer';
  /** Up to where cases ran and violations count. */
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
  /** What somebody who reads the report has to know besides, as what was left out. */
  readonly notes?: readonly string[];
}
