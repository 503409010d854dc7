// What a provider holds for the check: credentials, images that may be deleted, names that do not exist.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Problems } from '../server/process/input/problems.ts';
import { wordIssue } from '../server/process/input/word-issue.ts';
import { pathOf, readYaml, type Yaml } from '../server/process/input/yaml.ts';
import type { AccessKeyPair } from '../signature/sign.ts';
import { CannotRun } from './cannot-run.ts';

const secret = z.string().regex(/^[!-~]{1,8192}$/, {
  message: 'must be 1 to 8192 printable characters of ASCII, without spaces',
});
const name = z.string().min(1).max(1024);

const credential = z
  .strictObject({ token: secret.optional(), accessKey: secret.optional(), secretKey: secret.optional() })
  .refine(
    (one) => (one.accessKey === undefined) === (one.secretKey === undefined),
    'accessKey and secretKey go together',
  )
  .refine(
    (one) => one.token !== undefined || one.accessKey !== undefined,
    'needs token, or accessKey and secretKey, or all three',
  );

const image = z.strictObject({ namespace: name, repository: name, tag: name });

const MAX_TAGS = 1_000;

const schema = z
  .strictObject({
    credentials: z.strictObject({ allowed: credential.optional(), forbidden: credential.optional() }).optional(),
    images: z.strictObject({
      namespace: name,
      repository: name,
      tags: z
        .array(name)
        .min(1, 'needs at least one tag')
        .max(MAX_TAGS)
        .refine((tags) => new Set(tags).size === tags.length, 'names a tag twice; each is deleted at most once'),
    }),
    absent: z.strictObject({ tag: name, repository: name.optional(), namespace: name.optional() }),
    provoke: z
      .record(z.string().regex(/^[a-z0-9-]+$/, 'must be a status, such as "500", or the name of an example'), image)
      .default({}),
  })
  .superRefine(({ images, absent, provoke }, issues) => {
    const refuse = (key: keyof typeof absent, message: string) =>
      issues.addIssue({ code: 'custom', path: ['absent', key], message });
    if (images.tags.includes(absent.tag)) refuse('tag', 'is among images.tags');
    // Made-up legal names are tried there, so it must not be a place that exists.
    const existing = [
      ['images', images] as const,
      ...Object.entries(provoke).map(([key, image]) => [`provoke.${key}`, image] as const),
    ];
    for (const key of ['namespace', 'repository'] as const) {
      for (const [name, image] of existing) if (image[key] === absent[key]) refuse(key, `is ${name}.${key}`);
    }
  });

const KNOWN_KEYS: readonly string[] = [schema, credential, image].flatMap(({ shape }) => Object.keys(shape));

/** What a provider holds for the check. */
export type Fixtures = z.infer<typeof schema>;
export type Credential = z.infer<typeof credential>;
/** A tag of an image; the repository is written with `/`. */
export type ImageName = z.infer<typeof image>;

/**
 * Reads fixtures from a YAML file.
 * @throws CannotRun that lists every problem, without quoting the file: it holds secrets
 */
export async function readFixtures(file: string): Promise<Fixtures> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new CannotRun([`the fixtures ${file} cannot be read: ${cause.code}`], { cause });
  });
  const { value, where } = yamlOf(text, file);
  return fixturesOf(value, file, where);
}

/** @throws CannotRun that lists every problem */
export function fixturesOf(value: unknown, file = 'the fixtures', where: Yaml['where'] = pathOf): Fixtures {
  const result = schema.safeParse(value, { error: wordIssue });
  if (result.success) return result.data;
  throw new CannotRun(result.error.issues.map((issue) => `${file}: ${`${where(issue)} ${issue.message}`.trim()}`));
}

function yamlOf(text: string, file: string): Yaml {
  try {
    return readYaml(text, KNOWN_KEYS);
  } catch (error) {
    if (!(error instanceof Problems)) throw error;
    throw new CannotRun(error.problems.map((problem) => `${file}: ${problem}`));
  }
}

/** The access key pair of a credential. */
export function keysOf({ accessKey, secretKey }: Credential = {}): AccessKeyPair | undefined {
  return accessKey === undefined || secretKey === undefined ? undefined : { accessKey, secretKey };
}
