// What an identity service says about a token: the answer to GET /v3/auth/tokens of OpenStack's Identity API v3.
import { z } from 'zod';

/** Max characters of a name or an id; Keystone's longest names have 255. */
const text = z.string().min(1).max(255);

/** Max roles of one token. */
const MAX_ROLES = 1_000;

const ofDomain = z.object({ id: text, name: text, domain: z.object({ name: text }) });

/** Keystone leaves out the Z where an application credential sets the time; it is UTC all the same. */
const time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z?$/)
  .transform((value) => Date.parse(value.endsWith('Z') ? value : `${value}Z`))
  .refine((value) => !Number.isNaN(value));

/** Keys that are not listed are allowed and ignored. */
const answerSchema = z.object({
  token: z.object({
    user: ofDomain,
    project: ofDomain.optional(),
    domain: z.object({ name: text }).optional(),
    roles: z
      .array(z.object({ name: text }))
      .max(MAX_ROLES)
      .optional(),
    expires_at: time,
    audit_ids: z.array(z.string()).optional(),
  }),
});

/** Something that has a name in a domain. */
interface Named {
  readonly id: string;
  readonly name: string;
  /** The domain's name. */
  readonly domain: string;
}

/** What is known of a valid token. */
export interface Identity {
  readonly user: Named;
  /** The project that the token is scoped to. */
  readonly project: Named | undefined;
  /** The name of the domain that the token is scoped to, or of its project's. Undefined for unscoped and system tokens. */
  readonly scopeDomain: string | undefined;
  /** Names of the roles that the user has in the token's scope. */
  readonly roles: readonly string[];
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** Ties a line of the log to the identity service's own audit. */
  readonly auditId: string | undefined;
}

/**
 * Reads an answer of status 200.
 * @returns undefined if it does not have the shape that the API documents
 */
export function readIdentity(body: string): Identity | undefined {
  const { data } = answerSchema.safeParse(parseJson(body));
  if (data === undefined) return undefined;
  const { user, project, domain, roles = [], expires_at, audit_ids: [auditId] = [] } = data.token;
  return {
    user: flat(user),
    project: project && flat(project),
    scopeDomain: project?.domain.name ?? domain?.name,
    roles: roles.map(({ name }) => name),
    expiresAt: expires_at,
    auditId: auditId !== undefined && AUDIT_ID.test(auditId) ? auditId : undefined,
  };
}

/** Keystone's have 22 characters. Nothing as long as a token gets into the log. */
const AUDIT_ID = /^[A-Za-z0-9_-]{1,64}$/;

const flat = ({ id, name, domain }: z.infer<typeof ofDomain>): Named => ({ id, name, domain: domain.name });

const errorSchema = z.union([z.object({ error: z.object({}) }), z.object({ error_code: z.string() })]);

/** Whether a body is an error of an identity service, and not the page of a server that knows no tokens. */
export function isIdentityError(body: string): boolean {
  return errorSchema.safeParse(parseJson(body)).success;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
