// How a provider's answer is judged: by what the contract says of every answer, and by what is expected of this one.
import type { Contract } from '../../contract/contract.ts';
import { levelOf } from '../../contract/level.ts';
import { isUndeclared, judgeAnswer } from '../../judge/judge-answer.ts';
import { errorCodeOf, NO_CODE } from '../../judge/judge-body.ts';
import type { Harm } from '../../report/harms.ts';
import type { Violation } from '../../report/model.ts';
import { presentable } from '../../report/presentable.ts';
import { notGiven } from '../scene/credentials.ts';
import type { Cause, NotVerified, Outcome } from '../scene/outcome.ts';
import type { Reply } from '../send/evidence.ts';
import { type Expectation, levelAsked } from './expectation.ts';

/** Holds an answer against the contract, and against what the request must be answered. */
export function judge(contract: Contract, reply: Reply, expectation: Expectation): Outcome {
  const { request, answer, exchange, mask } = reply;
  const { causes, open = [] } = expectation;
  if (answer === undefined) return [{ ...noAnswer(reply, expectation), exchange }];
  const isOne = (cause: Cause) => isAnswerOf(reply, cause);
  if (answer.status === 401 && request.credentials === notGiven && !causes.some(({ status }) => status === '401')) {
    return NEEDS_CREDENTIALS;
  }
  const isRight = causes.some(isOne);
  const violations = judgeAnswer(contract, request, answer, expectation.of).filter(
    (one) => isRight || !isUndeclared(one),
  );
  const left = open.find((one) => one.causes.some(isOne));
  if (violations.length === 0 && left !== undefined && !isRight) {
    const { reason, fixture } = left;
    return { reason, ...(fixture !== undefined && { fixture }) };
  }
  const first = isRight ? [] : [wrongAnswer(contract, reply, String(answer.status), expectation)];
  // An answer that the base document does not know is not judged by it.
  const isBlocked = first.some(({ blocks }) => blocks !== undefined);
  const others = violations.filter(({ rule }) => !isBlocked || levelOf(contract, rule) !== 'base');
  const all = [...first, ...others];
  // Masked and cut at once: a quote keeps the whole answer, up to a megabyte, in memory.
  return (reply.isOfFront ? inFront(contract, expectation, all) : all).map((violation) => ({
    ...presentable({ ...violation, exchange }, mask.prose),
    isPresentable: true,
  }));
}

const IN_FRONT: NotVerified = { reason: 'a gateway in front refuses it, before the provider’s own program' };

/** What a gateway answered is not the provider's program to mend. Base asks for a refusal alone, from either. */
function inFront(contract: Contract, expectation: Expectation, violations: readonly Violation[]): Violation[] {
  const isBase = levelAsked(contract, expectation) === 'base';
  return violations.map((one) =>
    (one.level ?? levelOf(contract, one.rule)) === 'base'
      ? one
      : { ...one, level: 'full' as const, isGateway: true, ...(!isBase && { blocks: IN_FRONT }) },
  );
}

const NEEDS_CREDENTIALS: NotVerified = { reason: 'the provider asks for credentials', fixture: 'credentials.allowed' };

function noAnswer({ failure = 'nothing' }: Reply, { causes, rule, atLeast }: Expectation): Violation {
  const wanted = atLeast === undefined ? describe(causes) : atLeast.statuses.join(' or ');
  return {
    rule: atLeast?.rule ?? rule,
    message: `No answer; it must be ${wanted}.`,
    found: failure,
    harm: 'no-answer',
  };
}

/** The status is another one, or it is right and the error code is not. */
function wrongAnswer(contract: Contract, reply: Reply, status: string, expectation: Expectation): Violation {
  const { causes, rule, atLeast } = expectation;
  const sameStatus = causes.find((one) => one.status === status);
  if (sameStatus !== undefined) return wrongCode(reply, expectation.codeRule ?? sameStatus.pointer, describe(causes));
  const isEnough = atLeast?.statuses.includes(status) === true;
  const asked = atLeast === undefined || isEnough ? rule : atLeast.rule;
  const wanted = asked === atLeast?.rule && !isEnough ? atLeast.statuses.join(' or ') : describe(causes);
  const harm = harmOf(status, expectation);
  const message = `${factOf(harm, status)}Answered ${describeAnswer(reply)}; it must be ${wanted}.`;
  // Base asks for no credentials, and says nothing about a provider that does.
  if (status === '401' && levelOf(contract, asked) === 'base') {
    const refused = { reason: 'the provider refuses the credentials', fixture: 'credentials.allowed' };
    return { rule: asked, message, harm, level: 'vendor', blocks: refused };
  }
  // A provider without this check says many things in its place: the fix is one.
  const isOneFix = ['401', '403', '405'].includes(causes[0].status);
  const alike = isOneFix
    ? `not ${causes[0].status}`
    : `${harm}: ${status}, not ${causes[0].status} of ${causes[0].response}`;
  return { rule: asked, message, harm, alike };
}

function wrongCode(reply: Reply, rule: string, wanted: string): Violation {
  const status = reply.answer?.status;
  const code = reply.answer && errorCodeOf(reply.answer);
  const message =
    code === undefined
      ? `${status} has the right status but no error code; the vendor’s SDKs read \`error_code\`.`
      : `${status} has the right status but the error code of something else; it must be ${wanted}.`;
  if (code === undefined) return { rule, message, harm: 'unreadable-error', ...NO_CODE };
  return { rule, message, found: `error_code: ${JSON.stringify(code)}`, harm: 'wrong-code' };
}

/** What the answer to a second request shows of the first. */
function factOf(harm: Harm, status: string): string {
  if (status === '404' && (harm === 'deleted-wrongly' || harm === 'deleted-unasked'))
    return 'The tag is gone already. ';
  return harm === 'not-deleted' ? 'The tag is still there. ' : '';
}

/** What callers suffer from a status that is another than it must be. */
function harmOf(status: string, { causes: [{ status: wanted }], harm, atLeast }: Expectation): Harm {
  if (status.startsWith('2')) {
    if (wanted === '401' || wanted === '403') return 'let-in';
    return wanted.startsWith('2') ? 'wrong-status' : (harm ?? 'false-success');
  }
  if (atLeast?.statuses.includes(status)) return 'wrong-status';
  if (wanted.startsWith('2')) return harm ?? 'delete-refused';
  if (status.startsWith('5')) return 'server-error';
  return wanted === '401' && status === '404' ? 'existence-told' : 'wrong-status';
}

/** Whether an answer is this one: by its status, and by its error code if the contract has one for it. */
export function isAnswerOf({ answer }: Reply, { status, code }: Cause): boolean {
  if (answer === undefined || String(answer.status) !== status) return false;
  return code === undefined || errorCodeOf(answer) === code;
}

export function describeAnswer({ answer, failure }: Reply): string {
  if (answer === undefined) return `nothing (${failure})`;
  const code = errorCodeOf(answer);
  return code === undefined ? String(answer.status) : `${answer.status} with the code ${JSON.stringify(code)}`;
}

/** Causes in words. */
function describe(causes: readonly Cause[]): string {
  const texts = causes.map(({ status, name, code }) => `${status} ${name}${code === undefined ? '' : ` (${code})`}`);
  return [...new Set(texts)].join(' or ');
}
