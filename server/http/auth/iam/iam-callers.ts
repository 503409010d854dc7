import type { Caller, Principal } from '../../principals.ts';
import type { CheckedIdentity } from './introspect.ts';
import { matches } from './selectors.ts';

/** The caller that an identity is: where it may delete is the union of all entries that mean it, and may be nowhere. */
export type CallerOfIdentity = (identity: CheckedIdentity) => Caller;

export function createCallerOfIdentity(principals: readonly Principal[]): CallerOfIdentity {
  const selecting = principals.flatMap(({ iam, namespaces }) => (iam === undefined ? [] : [{ iam, namespaces }]));
  // An identity lives as long as its place in the cache; most requests are made with one that was seen before.
  const known = new WeakMap<CheckedIdentity, Caller>();
  return (identity) => {
    const seen = known.get(identity);
    if (seen !== undefined) return seen;
    const caller = callerOf(identity, selecting);
    known.set(identity, caller);
    return caller;
  };
}

function callerOf(
  identity: CheckedIdentity,
  selecting: readonly { readonly iam: NonNullable<Principal['iam']>; readonly namespaces: readonly string[] }[],
): Caller {
  const { user, project, auditId, iamRequestId } = identity;
  return {
    name: `${user.name}@${user.domain}`,
    namespaces: selecting.filter(({ iam }) => matches(iam, identity)).flatMap(({ namespaces }) => namespaces),
    facts: { userId: user.id, projectId: project?.id, auditId, iamRequestId },
  };
}
