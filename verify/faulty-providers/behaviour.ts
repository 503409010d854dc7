// What a provider of the operation consists of, in parts small enough that a fault is a change of one of them.
import type { ServerResponse } from 'node:http';
import type { ErrorName, Names } from './names.ts';
import type { Caller, World } from './world.ts';

/** Every value of every header, by the header's name in lower case. */
export type Headers = Readonly<Record<string, readonly string[] | undefined>>;

/** A request line and its headers, as they were sent. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly headers: Headers;
}

/** A request for the operation, read. */
export interface Call extends Sent {
  /** Decoded. */
  readonly names: Names;
  /** The tag that the names stand for. */
  readonly image: Names;
  readonly caller: Caller | undefined;
  readonly requestId: string;
  readonly world: World;
}

/** An answer before it is sent. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Refuses a call with an example of the contract. */
export interface Rule {
  readonly refuses: ErrorName;
  readonly when: (call: Call) => boolean;
}

/** All that a provider does. */
export interface Behaviour {
  /** The names in a path as sent, or undefined if the path is not the operation's. */
  readonly match: (path: string) => Names | undefined;
  /** Takes the percent-encoding off a name. */
  readonly decode: (sent: string) => string;
  /** What names stand for: the repository as people write it. */
  readonly imageOf: (names: Names) => Names;
  readonly isMethodKnown: (method: string) => boolean;
  readonly requestId: (incoming: string | undefined) => string;
  /** The caller; undefined if unknown. */
  readonly callerOf: (sent: Sent, world: World) => Caller | undefined;
  /** In the order in which they are applied: the first that refuses decides. */
  readonly rules: readonly Rule[];
  /** Deletes what the call names. It was not refused. */
  readonly remove: (call: Call) => void | Promise<void>;
  readonly success: (requestId: string) => Answer;
  readonly error: (name: ErrorName, requestId: string, call?: Call) => Answer;
  /** The answer if the provider itself fails. */
  readonly crash: (requestId: string) => Answer;
  readonly send: (response: ServerResponse, answer: Answer) => void;
}
