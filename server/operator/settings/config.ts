// The operator's settings: the environment, checked as a whole.
import { z } from 'zod';
import type { IamSettings } from '../../http/auth/iam/open-iam.ts';
import { type Principal, readCredentials } from '../../http/principals.ts';
import { isDirectory, noDirectory } from '../../process/directories.ts';
import { forwardProxyProblems } from '../../process/forward-proxy.ts';
import { Problems } from '../../process/problems.ts';
import type { RegistrySettings } from '../../stores/registry/options.ts';
import { LOG_LEVELS } from '../log.ts';
import { isLoopback } from '../loopback.ts';
import { trustProxy } from '../trust-proxy.ts';
import { iamEnvironment, readIamSettings } from './iam-settings.ts';
import { publicUrl } from './public-url.ts';
import { readRegistrySettings, registryEnvironment } from './registry-settings.ts';

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be at most 65535');

const regularExpression = z.string().transform((source, context) => {
  try {
    return new RegExp(source);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `must be a regular expression: ${(error as Error).message}` });
    return z.NEVER;
  }
});

const STORES = ['layout', 'registry'] as const;

const host = z.string().regex(/^[A-Za-z0-9.:-]+$/, 'must be an address or a name of this machine');

const environment = z.object({
  HOST: host.default('127.0.0.1'),
  PORT: port.default(8080),
  ADMIN_HOST: host.default('127.0.0.1'),
  ADMIN_PORT: port.default(9090),
  STORE: z.enum(STORES, `must be one of ${STORES.join(', ')}`).default('layout'),
  DATA_DIR: z
    .string()
    .refine(isDirectory, { error: ({ input }) => noDirectory(String(input)) })
    .optional(),
  CREDENTIALS_FILE: z.string().optional(),
  PUBLIC_URL: publicUrl.optional(),
  TRUST_PROXY: trustProxy.optional(),
  PROTECTED_TAGS: regularExpression.optional(),
  RATE_LIMIT: z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number of requests a minute; 0 switches it off')
    .transform(Number)
    .default(0),
  LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
  ...registryEnvironment,
  ...iamEnvironment,
});

/** The server's settings and its callers. */
export type Config = z.infer<typeof environment> & {
  /** undefined without a credentials file; the server then makes a token of its own. */
  readonly principals: readonly Principal[] | undefined;
  /** undefined when the images are on disk. */
  readonly registry: RegistrySettings | undefined;
  /** undefined when the credentials file alone says who callers are. */
  readonly iam: IamSettings | undefined;
};

/**
 * Reads the settings. An empty variable counts as not set.
 * @throws Problems with every problem at once
 */
export async function readConfig(env: NodeJS.ProcessEnv): Promise<Config> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  const file = given['CREDENTIALS_FILE'];
  let principals: readonly Principal[] | undefined;
  if (file !== undefined) {
    principals = await readCredentials(file).catch((error: unknown) => {
      if (!(error instanceof Problems)) throw error;
      problems.push(...error.problems.map((problem) => `CREDENTIALS_FILE ${file}: ${problem}`));
      return undefined;
    });
  } else if (given['OS_AUTH_URL'] !== undefined) {
    problems.push('OS_AUTH_URL: needs CREDENTIALS_FILE, whose iam entries say where callers may delete');
  } else if (!isLoopback(given['HOST'] ?? '127.0.0.1')) {
    problems.push('HOST: must be a loopback address (127.0.0.1, ::1, localhost) unless CREDENTIALS_FILE is set');
  }
  problems.push(...forwardProxyProblems(given));
  const registry = parsed.success ? await readRegistrySettings(parsed.data, problems) : undefined;
  const iam = parsed.success ? await readIamSettings(parsed.data, principals, problems) : undefined;
  if (!parsed.success || problems.length > 0) throw new Problems(problems);
  return { ...parsed.data, principals, registry, iam };
}
