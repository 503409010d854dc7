// Checked by the compiler alone: `npm run types`.
import { assertType, describe, expectTypeOf, test } from 'vitest';
import type { components } from '../../generated/api.ts';
import type { Reply } from '../../server/http/reply/reply.ts';
import type { Handler } from '../../server/operations/handler.ts';

type DeleteReply = Reply<'deleteRepoTag'>;
declare const error: components['schemas']['Error'];

describe('A reply that the contract does not declare does not compile', () => {
  test('The statuses are the declared ones', () => {
    expectTypeOf<DeleteReply['status']>().toEqualTypeOf<204 | 400 | 401 | 403 | 404 | 429 | 500>();
  });

  test('A declared status with its body compiles', () => {
    assertType<DeleteReply>({ status: 204 });
    assertType<DeleteReply>({ status: 404, body: error });
    assertType<DeleteReply>({ status: 429, headers: { 'Retry-After': 1 }, body: error });
  });

  test('An undeclared status does not compile', () => {
    // @ts-expect-error 200 is not declared
    assertType<DeleteReply>({ status: 200 });
    // @ts-expect-error 409 is not declared
    assertType<DeleteReply>({ status: 409, body: error });
  });

  test('A body of the wrong shape does not compile', () => {
    // @ts-expect-error a 204 has no body
    assertType<DeleteReply>({ status: 204, body: error });
    // @ts-expect-error a 404 has one
    assertType<DeleteReply>({ status: 404 });
    // @ts-expect-error the error lacks its fields
    assertType<DeleteReply>({ status: 404, body: { error_code: 'SVCSTG.SWR.4040115' } });
  });

  test('A missing or wrong header does not compile', () => {
    // @ts-expect-error Retry-After is required
    assertType<DeleteReply>({ status: 429, body: error });
    // @ts-expect-error Retry-After is a number of seconds
    assertType<DeleteReply>({ status: 429, headers: { 'Retry-After': 'soon' }, body: error });
    // @ts-expect-error a 404 has no Retry-After
    assertType<DeleteReply>({ status: 404, headers: { 'Retry-After': 1 }, body: error });
  });

  test('A handler that returns such a reply does not compile', () => {
    // @ts-expect-error 200 is not declared
    assertType<Handler<'deleteRepoTag'>>(async () => ({ status: 200 }));
    assertType<Handler<'deleteRepoTag'>>(async () => ({ status: 204 }));
  });
});
