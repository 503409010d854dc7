// Replies that are checked once: what was found for some request ids must hold for all of them.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { errors, requestId } from '../../../generated/contract.ts';
import { loadContract } from '../../../server/http/contract.ts';
import { Failure, type FailureName } from '../../../server/http/reply/failures.ts';
import { ProvenReplies, replyOf } from '../../../server/operations/proven-replies.ts';
import { createReplyCheck } from '../../../server/operations/reply-check.ts';

const OPERATION = 'deleteRepoTag';
const checkReply = createReplyCheck(await loadContract());
const replies = new ProvenReplies(checkReply);
const ids = fc.stringMatching(new RegExp(requestId.pattern));
/** Retry-After differs from answer to answer. */
const kinds = (Object.keys(errors) as FailureName[]).filter((kind) => kind !== 'throttled');

test.each(kinds)('A reply of %s that is no longer checked keeps the contract for any request id', (kind) => {
  const failure = new Failure(kind);
  expect(replies.ofFailure(OPERATION, failure)).toBeDefined();
  fc.assert(
    fc.property(ids, (id) => {
      const reply = replyOf(failure, id);
      checkReply(OPERATION, { ...reply, headers: { 'X-Request-Id': id, ...reply.headers } });
    }),
  );
});

test('A reply that breaks the contract, or has something of its own, is checked each time', () => {
  expect(replies.ofStatus(OPERATION, 200)).toBeUndefined();
  expect(replies.ofStatus('unknown', 204)).toBeUndefined();
  expect(replies.ofFailure(OPERATION, new Failure('method-not-allowed'))).toBeUndefined();
  expect(replies.ofFailure(OPERATION, new Failure('malformed-request', { detail: 'parameter: x' }))).toBeUndefined();
  expect(replies.ofFailure(OPERATION, new Failure('throttled', { headers: { 'Retry-After': 1 } }))).toBeUndefined();
});
