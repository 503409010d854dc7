// Reads the settings of the identity service from environment variables.
import { z } from 'zod';
import type { IamSettings } from '../../http/auth/iam/open-iam.ts';
import type { Principal } from '../../http/principals.ts';
import { isLoopback } from '../loopback.ts';
import { readCertificates } from './certificates.ts';
import type { Given } from './given.ts';

const DEFAULT_CACHE_SECONDS = 60;
const MAX_CACHE_SECONDS = 300;

/** The environment variables. OS_AUTH_URL and OS_CACERT are the names that OpenStack's own clients read. */
export const iamEnvironment = {
  OS_AUTH_URL: z
    .string()
    .transform((value, context) => {
      const url = URL.canParse(value) ? new URL(value) : undefined;
      const fail = (message: string) => context.addIssue({ code: 'custom', message });
      if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
        fail('must be a URL such as https://keystone.example:5000/v3');
        return z.NEVER;
      }
      if (url.username !== '' || url.password !== '') fail('must not contain credentials: the server needs no account');
      if (url.search !== '' || url.hash !== '') fail('must not have a query');
      if (/\/v2\.0\/*$/.test(url.pathname)) fail('must be of version 3 of the Identity API');
      if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
        fail('must begin with https:// unless it is on this machine (127.0.0.1, ::1, localhost): tokens travel there');
      }
      url.pathname = `${url.pathname.replace(/(?:\/v3)?\/*$/, '')}/v3`;
      return url;
    })
    .optional(),
  OS_CACERT: z.string().optional(),
  IAM_CACHE_SECONDS: z
    .string()
    .regex(/^\d{1,3}$/, 'must be a whole number of seconds')
    .transform(Number)
    .refine((value) => value <= MAX_CACHE_SECONDS, `must be at most ${MAX_CACHE_SECONDS}`)
    .optional(),
};

const iamVariables = z.object(iamEnvironment);

/**
 * Reads the settings of an identity service.
 * @param given the variables that are set, the invalid ones too
 * @param principals the entries of the credentials file, if there is a valid one
 * @param problems gets a line for each problem
 * @returns undefined if there is no identity service, or none that can be used
 */
export async function readIamSettings(
  { OS_AUTH_URL, OS_CACERT, IAM_CACHE_SECONDS }: z.infer<typeof iamVariables>,
  given: Given,
  principals: readonly Principal[] | undefined,
  problems: string[],
): Promise<IamSettings | undefined> {
  if (given['OS_AUTH_URL'] === undefined) {
    const without = Object.keys(iamEnvironment).filter((name) => given[name] !== undefined);
    problems.push(...without.map((name) => `${name}: has an effect only with OS_AUTH_URL`));
    problems.push(...problemsWithoutIam(principals ?? []).map((problem) => `CREDENTIALS_FILE: ${problem}`));
    return undefined;
  }
  const ca = OS_CACERT === undefined ? undefined : await readCertificates('OS_CACERT', OS_CACERT, problems);
  if (OS_AUTH_URL === undefined) return undefined;
  return { url: OS_AUTH_URL, ca, cacheSeconds: IAM_CACHE_SECONDS ?? DEFAULT_CACHE_SECONDS };
}

/** What is wrong with the entries of a credentials file if there is no identity service. */
export function problemsWithoutIam(principals: readonly Principal[]): string[] {
  return principals.some(({ iam }) => iam !== undefined) ? ['iam has an effect only with OS_AUTH_URL'] : [];
}
