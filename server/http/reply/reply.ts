// What a handler may answer: exactly the statuses, bodies and headers that the contract declares for its operation.
import type { operations } from '../../../generated/api.ts';
import type { OperationId } from '../../../openapi/names.ts';

/** The app sets `X-Request-Id` on every reply, so that no handler can forget it. */
type SetByTheApp = 'X-Request-Id';

type DeclaredHeaders<Headers> = {
  // The generated types add an index signature to every header map; only the declared names count.
  [Name in keyof Headers as string extends Name ? never : Name extends SetByTheApp ? never : Name]: Headers[Name];
};

type HeadersPart<Headers> = keyof DeclaredHeaders<Headers> extends never
  ? { readonly headers?: never }
  : Record<never, never> extends DeclaredHeaders<Headers>
    ? { readonly headers?: DeclaredHeaders<Headers> }
    : { readonly headers: DeclaredHeaders<Headers> };

type BodyPart<Response> = Response extends { readonly content: { readonly 'application/json': infer Body } }
  ? { readonly body: Body }
  : { readonly body?: never };

type Responses<Id extends OperationId> = operations[Id]['responses'];

type ReplyOf<Status, Response> = { readonly status: Status } & BodyPart<Response> &
  (Response extends { readonly headers: infer Headers } ? HeadersPart<Headers> : { readonly headers?: never });

/** A reply of the operation: an undeclared status, a missing header or a body of the wrong shape does not compile. */
export type Reply<Id extends OperationId> = Id extends OperationId
  ? { [Status in keyof Responses<Id>]: ReplyOf<Status, Responses<Id>[Status]> }[keyof Responses<Id>]
  : never;

/** A reply of any operation, or of none, as it is sent. */
export interface AnyReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>> | undefined;
  readonly body?: unknown;
}
