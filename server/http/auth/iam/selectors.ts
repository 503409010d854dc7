// Which tokens of the identity service an entry of the credentials file means.
import { z } from 'zod';
import type { Identity } from './identity.ts';

const text = z.string().min(1).max(255);

/** The `iam` part of an entry. All keys that are given must match. */
export const selectorSchema = z
  .strictObject({
    domain: text.optional(),
    project: text.optional(),
    projectId: text.optional(),
    user: text.optional(),
    userId: text.optional(),
    roles: z.array(text).min(1).optional(),
  })
  .refine(
    ({ domain, project, projectId, user, userId }) =>
      [domain, project, projectId, user, userId].some((one) => one !== undefined),
    'needs at least one of domain, project, projectId, user, userId',
  )
  .refine(
    ({ domain, project, user }) => domain !== undefined || (project === undefined && user === undefined),
    'project and user are names in a domain: give domain too, or use projectId and userId',
  )
  .refine(
    ({ domain, project, projectId, user, roles }) =>
      roles === undefined ||
      project !== undefined ||
      projectId !== undefined ||
      (domain !== undefined && user === undefined),
    'roles count in the place where they were given: give project or projectId too',
  );

export type Selector = z.infer<typeof selectorSchema>;

/**
 * Whether a selector means this caller. Names are compared exactly. `domain` is the domain of the project and of the
 * user that are named; if neither is, the domain that the token is scoped to, itself or through its project. `roles`
 * matches any of them.
 */
export function matches(selector: Selector, { user, project, scopeDomain, roles }: Identity): boolean {
  const { domain, roles: wanted } = selector;
  const isOf = (name: string | undefined, one: { readonly name: string; readonly domain: string } | undefined) =>
    name === undefined || (one !== undefined && one.name === name && one.domain === domain);
  const isScopeMeant = domain !== undefined && selector.project === undefined && selector.user === undefined;
  return (
    isOf(selector.user, user) &&
    isOf(selector.project, project) &&
    (selector.userId === undefined || selector.userId === user.id) &&
    (selector.projectId === undefined || selector.projectId === project?.id) &&
    (!isScopeMeant || domain === scopeDomain) &&
    (wanted === undefined || wanted.some((role) => roles.includes(role)))
  );
}
