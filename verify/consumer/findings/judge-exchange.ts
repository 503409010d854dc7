// Decides which side is at fault. A request that breaks the contract and is refused as declared is a good negative test.
// If it is accepted, both sides are at fault.

import { gatewayExample } from '../../contract/causes.ts';
import type { Contract, Operation } from '../../contract/contract.ts';
import type { Level } from '../../contract/level.ts';
import { judgeAnswer } from '../../judge/judge-answer.ts';
import { judgeRequest } from '../../judge/judge-request.ts';
import { matchOperation } from '../../judge/match.ts';
import type { RequestFault } from '../../judge/request-fault.ts';
import type { Violation } from '../../report/model.ts';
import { type AnswerMessage, type RequestMessage, valuesOf } from '../../wire/messages.ts';
import type { ReceivedAnswer, Recorded, SentRequest } from '../traffic/recording.ts';
import { type Cause, causeOf } from './causes.ts';

/** What an exchange is about, and what is wrong with it. */
export interface Judgement {
  readonly cause: Cause;
  readonly violations: readonly Violation[];
  /** What is wrong with the names in the request; undefined if the request is for no operation. */
  readonly nameFaults?: readonly RequestFault[];
}

/** What exchanges are judged by. */
export interface Terms {
  readonly contract: Contract;
  /** Highest level at which violations count. */
  readonly level: Level;
  /** Prefix of the contract's paths: empty, or such as `/base`. */
  readonly basePath: string;
}

/** @returns undefined if there is nothing to judge, for example because the consumer did not wait for its answer */
export function judgeExchange({ contract, basePath }: Terms, recorded: Recorded): Judgement | undefined {
  const { request, answer } = recorded;
  if (answer === undefined) return judgeSilence(recorded);
  if (answer.broken !== undefined) return broken(answer);
  if (answer.content.isCut) return undefined;
  const message = messageOf(answer);
  const asked = request === undefined ? NOTHING_ASKED : askedOf(request, basePath);
  const match = matchOperation(contract, asked.method, asked.target);
  const operation = match?.hasMethod ? match.operations[0] : undefined;
  const faults = request === undefined ? [] : faultsOf(contract, request, asked);
  const cause = causeOf(
    contract,
    operation,
    message,
    faults.map((fault) => fault.cause),
  );
  const violations = [
    ...judgeAnswer(contract, asked, message).map((violation) => ({ ...violation, party: 'provider' as const })),
    ...(request === undefined ? judgeUnasked(message) : judgeChoice({ asked, operation, faults, cause, answer })),
  ];
  const nameFaults = operation && faults.filter(({ rule }) => isOfParameter(operation, rule));
  return { cause, violations, ...(nameFaults && { nameFaults }) };
}

const isOfParameter = ({ parameters }: Operation, rule: string): boolean =>
  parameters.some((one) => one.in === 'path' && rule.startsWith(`${one.pointer}/`));

const NOTHING_ASKED: RequestMessage = { method: '', target: '/', headers: [], body: Buffer.alloc(0) };

/** RFC 9112, 3.2.2: the absolute form names the same resource. */
const askedOf = ({ method, target, headers, content }: SentRequest, basePath: string): RequestMessage => ({
  ...{ method, headers, body: content.kept },
  target: withoutBase(target.replace(/^https?:\/\/[^/?#]*(?=\/)/i, ''), basePath),
});

/** A path outside the base path is not a path of the contract, even if it looks like one. */
const withoutBase = (target: string, basePath: string): string => {
  if (basePath === '') return target;
  return target.startsWith(`${basePath}/`) ? target.slice(basePath.length) : '';
};

const messageOf = ({ status, headers, content, stray }: ReceivedAnswer): AnswerMessage => ({
  ...{ status, headers, body: content.kept },
  ...(stray.bytes > 0 && { stray: stray.kept }),
});

/** An idle connection may be ended with 408 (RFC 9110, 15.5.9). Any other answer needs a request. */
function judgeUnasked({ status }: AnswerMessage): Violation[] {
  const message = `An answer with status ${status} came that no request had asked for.`;
  return status === 408 ? [] : [{ rule: 'RFC 9112, 9.2', message, party: 'provider' }];
}

/** A reused connection may be closed at any time (RFC 9112, 9.3.1): the client then sends the request again. */
function judgeSilence({ request, closedBy }: Recorded): Judgement | undefined {
  if (closedBy !== 'provider' || request === undefined || !request.isFirst) return undefined;
  const message = 'The connection was closed without an answer.';
  return {
    cause: { operation: undefined, status: '–', name: 'no-answer', summary: 'no answer came', response: 'RFC 9112' },
    violations: [{ rule: 'RFC 9112, 9.6', message, party: 'provider' }],
  };
}

function broken({ status, broken: reason = '' }: ReceivedAnswer): Judgement {
  const message = 'The answer is not a complete HTTP/1.1 answer.';
  return {
    cause: {
      operation: undefined,
      status: status === 0 ? '–' : String(status),
      name: 'broken-answer',
      summary: 'an answer that is not HTTP/1.1',
      response: 'RFC 9112',
    },
    violations: [{ rule: 'RFC 9112', message, found: reason, party: 'provider' }],
  };
}

function faultsOf(contract: Contract, request: SentRequest, asked: RequestMessage): RequestFault[] {
  const reason = request.broken ?? hostFault(request);
  if (reason === undefined) return judgeRequest(contract, asked);
  const example = gatewayExample(contract, '400');
  const rule = example?.pointer ?? 'RFC 9112';
  const message = 'The request is not an HTTP/1.1 request.';
  return [{ rule, message, found: reason, status: '400', cause: example?.name, party: 'consumer' }];
}

/** RFC 9112, 3.2: exactly one Host. */
function hostFault(request: SentRequest): string | undefined {
  const hosts = valuesOf(request, 'Host').length;
  if (hosts > 1) return 'it has more than one Host';
  return hosts === 0 && /^\S+ \S+ HTTP\/1\.1(?:\r?\n|$)/.test(request.head) ? 'it has no Host' : undefined;
}

interface Choice {
  readonly asked: RequestMessage;
  readonly operation: Operation | undefined;
  readonly faults: readonly RequestFault[];
  readonly cause: Cause;
  readonly answer: ReceivedAnswer;
}

/** Whether an answer that keeps the contract is also the right one for the request. */
function judgeChoice(choice: Choice): Violation[] {
  const { faults, cause } = choice;
  if (cause.name === 'undeclared' && !isAccepted(choice.answer)) return [];
  const [first] = faults;
  return first === undefined ? judgeRefusal(choice) : judgeToleration(choice, first);
}

const isAccepted = ({ status }: ReceivedAnswer): boolean => status >= 200 && status < 400;

/** A request that keeps the contract must not be refused as if it broke it. */
function judgeRefusal({ asked, operation, cause, answer }: Choice): Violation[] {
  if (isAskedFor(cause, asked)) return [];
  const { name, status, summary } = cause;
  const blames = operation === undefined ? [] : operation.responses.filter((one) => one.status === '400');
  const isBlamed =
    cause.operation !== undefined && blames.some(({ examples }) => examples.some((one) => one.name === name));
  const isUnfound = cause.operation === undefined && (answer.status === 404 || answer.status === 405);
  if (!isBlamed && !isUnfound) return [];
  const message = `The request keeps the contract but is refused: ${status} ${name} (${summary}).`;
  return [{ rule: operation?.pointer ?? '#/paths', message, party: 'provider' }];
}

/** Consumers ask a mock for an answer by name: with `Prefer: example=…` or `code=…`, or in the request's path. */
function isAskedFor({ name, status }: Cause, asked: RequestMessage): boolean {
  const preferences = valuesOf(asked, 'Prefer').join();
  return [asked.target, preferences].some((text) => text.includes(name)) || preferences.includes(`code=${status}`);
}

/** Refusals that any request may meet: credentials, which are checked first, and malformed, too large or too frequent. */
const ANYTIME = ['401', '408', '413', '414', '417', '429', '431'];

/** A request that breaks the contract must be refused for exactly that. */
function judgeToleration({ faults, cause, answer }: Choice, first: RequestFault): Violation[] {
  const wanted = `${first.status}${first.cause === undefined ? '' : ` ${first.cause}`}`;
  const { rule } = first;
  const found = first.found === undefined ? {} : { found: first.found };
  if (isAccepted(answer)) {
    const message = `A request that breaks the contract is answered ${answer.status}; it must be ${wanted}. ${first.message}`;
    const accepted: Violation = { rule, message, ...found, party: 'provider' };
    return [
      ...faults.map(
        ({ rule: broken, message: what, found, party }): Violation => ({
          ...{ rule: broken, message: what, party: party ?? 'consumer' },
          ...(found !== undefined && { found }),
        }),
      ),
      accepted,
    ];
  }
  if (answer.status === 400 && cause.operation === undefined) return [];
  const isRight = String(answer.status) === first.status && isNamed(faults, cause);
  if (isRight || ANYTIME.includes(String(answer.status))) return [];
  const message = `A request that breaks the contract is answered ${cause.status} ${cause.name}; it must be ${wanted}. ${first.message}`;
  return [{ rule, message, ...found, party: 'provider' }];
}

/** If the contract names causes for a fault, the answer must have one of them. */
const isNamed = (faults: readonly RequestFault[], { name, status }: Cause): boolean =>
  name === 'untold' ||
  faults.some((fault) => fault.status === status && (fault.cause === undefined || fault.cause === name));
