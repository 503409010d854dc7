// The operator's settings: the environment, checked as a whole.
import { z } from 'zod';
import type { IamSettings } from '../../http/auth/iam/open-iam.ts';
import { type Principal, readCredentials } from '../../http/principals.ts';
import { isDirectory, noDirectory } from '../../process/directories.ts';
import { forwardProxyProblems } from '../../process/forward-proxy.ts';
import { Problems } from '../../process/input/problems.ts';
import type { RegistrySettings } from '../../stores/registry/options.ts';
import { LOG_LEVELS } from '../log.ts';
import { isLoopback } from '../loopback.ts';
import { trustProxy } from '../trust-proxy.ts';
import { type Given, givenIn } from './given.ts';
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

/** The names of the settings that are the server's own. */
export const SETTINGS: readonly string[] = Object.keys(environment.shape);

type Settings = z.infer<typeof environment>;

/** The server's settings and its callers. */
export type Config = Settings & {
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
  const given = givenIn(env);
  const [settings, problems] = readVariables(given);
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
  } else if (!isLoopback(settings.HOST)) {
    problems.push('HOST: must be a loopback address (127.0.0.1, ::1, localhost) unless CREDENTIALS_FILE is set');
  }
  if (isSamePort(settings))
    problems.push(`PORT and ADMIN_PORT: both are ${settings.PORT}; two listeners need two ports`);
  problems.push(...forwardProxyProblems(given));
  const registry = await readRegistrySettings(settings, given, problems);
  const iam = await readIamSettings(settings, given, principals, problems);
  if (problems.length > 0) throw new Problems(problems);
  return { ...settings, principals, registry, iam };
}

/** @returns the valid settings, with those that are invalid left out, and what is wrong with these */
function readVariables(given: Given): [Settings, string[]] {
  const parsed = environment.safeParse(given);
  if (parsed.success) return [parsed.data, []];
  const { issues } = parsed.error;
  const invalid = new Set(issues.map(({ path }) => path[0]));
  const valid = Object.fromEntries(Object.entries(given).filter(([name]) => !invalid.has(name)));
  return [environment.parse(valid), issues.map(({ path, message }) => `${path.join('.')}: ${message}`)];
}

/** Whether the second listener would find its port taken by the first. Port 0 is another one each time. */
function isSamePort({ HOST, PORT, ADMIN_HOST, ADMIN_PORT }: Settings): boolean {
  if (PORT !== ADMIN_PORT || PORT === 0) return false;
  const hosts = [HOST, ADMIN_HOST];
  const isSameAddress =
    HOST === ADMIN_HOST || (isLoopback(HOST) && hosts.includes('localhost') && isLoopback(ADMIN_HOST));
  const isEvery4 = hosts.includes('0.0.0.0') && !hosts.some((host) => host.includes(':'));
  return isSameAddress || isEvery4 || hosts.includes('::');
}
