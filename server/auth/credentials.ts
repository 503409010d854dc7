// Who may ask, and where they may delete: the file that CREDENTIALS_FILE names.
import { readFile } from 'node:fs/promises';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';

const principalSchema = z
  .strictObject({
    name: z.string().min(1).max(128),
    tokenSha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, 'must be a SHA-256 in 64 hexadecimal digits')
      .toLowerCase()
      .optional(),
    accessKey: z.string().min(1).max(128).optional(),
    secretKey: z.string().min(1).max(128).optional(),
    namespaces: z
      .array(
        z.string().regex(/^[a-z0-9._*-]{1,64}$/, 'must be an organization name, in which * stands for any characters'),
      )
      .min(1),
  })
  .refine(
    (one) => (one.accessKey === undefined) === (one.secretKey === undefined),
    'accessKey and secretKey go together',
  )
  .refine(
    (one) => one.tokenSha256 !== undefined || one.accessKey !== undefined,
    'needs tokenSha256, or accessKey and secretKey',
  );

const fileSchema = z
  .strictObject({ principals: z.array(principalSchema).min(1) })
  .superRefine(({ principals }, issues) => {
    for (const key of ['name', 'tokenSha256', 'accessKey'] as const) {
      const values = principals.map((one) => one[key]).filter((value) => value !== undefined);
      if (new Set(values).size < values.length) {
        issues.addIssue({ code: 'custom', path: ['principals'], message: `two principals have the same ${key}` });
      }
    }
  });

/** Somebody who may ask: a person, a script, a partner. */
export type Principal = z.infer<typeof principalSchema>;

/** A credentials file that cannot be used, with every problem. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}

/**
 * Reads the principals from a YAML file.
 * @throws CredentialsError that lists every problem, without quoting the file: it holds secrets
 */
export async function readCredentials(file: string): Promise<readonly Principal[]> {
  let document: unknown;
  try {
    document = parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof YAMLParseError)
      throw new CredentialsError([`not valid YAML in line ${error.linePos?.[0].line}: ${error.code}`]);
    throw new CredentialsError([`cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`]);
  }
  const result = fileSchema.safeParse(document);
  if (!result.success) throw new CredentialsError(result.error.issues.map(describe));
  return result.data.principals;
}

function describe({ path, message }: { readonly path: readonly PropertyKey[]; readonly message: string }): string {
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
}
