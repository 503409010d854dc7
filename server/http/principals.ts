// The callers and where they may delete: the file that CREDENTIALS_FILE names.
import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { errors } from '../../generated/contract.ts';
import { illegalParameters } from '../../openapi/names.ts';
import { Problems } from '../process/input/problems.ts';
import { wordIssue } from '../process/input/word-issue.ts';
import { pathOf, readYaml, type Yaml } from '../process/input/yaml.ts';
import { selectorSchema } from './auth/iam/selectors.ts';

/** Max size of the file, in bytes: some 5,000 principals. A larger one is refused. */
const MAX_FILE_BYTES = 1024 * 1024;

/** A namespace by the contract, or a pattern with `*` of what a namespace consists of. */
const namespacePattern = z
  .string()
  .refine(
    (text) =>
      text.includes('*')
        ? /^[a-z0-9._*-]{1,64}$/.test(text)
        : !illegalParameters('deleteRepoTag', { namespace: text }).includes('namespace'),
    `${errors['invalid-namespace'].message.replace(/\.$/, '')}; or it is a pattern of one, in which * matches any characters`,
  );

/** A check of an entry as a whole that is made even if one of its keys is invalid: all problems are told at once. */
const evenIfInvalid = (error: string) => ({
  error,
  when: ({ value }: { readonly value: unknown }) =>
    typeof value === 'object' && value !== null && !Array.isArray(value),
});

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
    iam: selectorSchema.optional(),
    namespaces: z.array(namespacePattern).min(1),
  })
  .refine(
    (one) => (one.accessKey === undefined) === (one.secretKey === undefined),
    evenIfInvalid('accessKey and secretKey go together'),
  )
  .refine(
    (one) => one.tokenSha256 !== undefined || one.accessKey !== undefined || one.iam !== undefined,
    evenIfInvalid('needs tokenSha256, or accessKey and secretKey, or iam'),
  )
  .refine(
    (one) => one.iam === undefined || (one.tokenSha256 === undefined && one.accessKey === undefined),
    evenIfInvalid('iam stands alone: give tokenSha256 or accessKey an entry of its own'),
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

const KNOWN_KEYS: readonly string[] = [fileSchema, principalSchema, selectorSchema].flatMap(({ shape }) =>
  Object.keys(shape),
);

/** An entry of the file: a caller with credentials of its own, or callers that an identity service knows. */
export type Principal = z.infer<typeof principalSchema>;

/** The caller of a request. */
export interface Caller {
  /** As the log says it; the name of its entry, or `user@domain`. */
  readonly name: string;
  /** Where it may delete; `*` matches any run of characters. */
  readonly namespaces: readonly string[];
  /** What else the log says of it. */
  readonly facts?: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the principals from a YAML file.
 * @throws Problems with every problem; it never quotes the file, which holds secrets
 */
export async function readCredentials(file: string): Promise<readonly Principal[]> {
  const { value, where } = readYaml(await readText(file), KNOWN_KEYS);
  return checked(fileSchema, value, where).principals;
}

/**
 * Checks one entry as if it stood in the file.
 * @throws Problems with every problem
 */
export function checkPrincipal(entry: unknown): Principal {
  return checked(principalSchema, entry, pathOf);
}

function checked<T>(schema: z.ZodType<T>, value: unknown, where: Yaml['where']): T {
  const result = schema.safeParse(value, { error: wordIssue });
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => [where(issue), issue.message].filter((part) => part !== ''));
  throw new Problems(lines.map((parts) => parts.join(': ')));
}

/** Read as a stream, because it may be a pipe, such as that of a shell's `<(…)`, whose size is not known before. */
async function readText(file: string): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of createReadStream(file, { end: MAX_FILE_BYTES })) chunks.push(chunk as Buffer);
  } catch (error) {
    throw new Problems([`cannot be read: ${(error as NodeJS.ErrnoException).code}`]);
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length > MAX_FILE_BYTES) throw new Problems([`is larger than ${MAX_FILE_BYTES} bytes`]);
  return bytes.toString('utf8');
}
