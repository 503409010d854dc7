// Reads the settings of STORE=registry from environment variables.
import { z } from 'zod';
import { Problems } from '../../process/input/problems.ts';
import { checkAuthFile } from '../../stores/registry/api/access/auth-file.ts';
import { CONTROL_CHARACTER, DELETE_MODES, type RegistrySettings } from '../../stores/registry/options.ts';
import { readCertificates } from './certificates.ts';
import type { Given } from './given.ts';

const NO_CONTROL_CHARACTER = 'must not contain control characters, such as a line break';
const hasNoControlCharacter = (value: string): boolean => !CONTROL_CHARACTER.test(value);

/** The environment variables, in addition to those of every store. */
export const registryEnvironment = {
  REGISTRY_URL: z
    .string()
    .transform((value, context) => {
      const url = URL.canParse(value) ? new URL(value) : undefined;
      if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
        context.addIssue({ code: 'custom', message: 'must be a URL such as https://registry.example' });
        return z.NEVER;
      }
      if (url.username !== '' || url.password !== '') {
        context.addIssue({
          code: 'custom',
          message: 'must not contain credentials: they go into REGISTRY_USERNAME and REGISTRY_PASSWORD',
        });
      }
      if (url.search !== '' || url.hash !== '' || /\/v2\/?$/.test(url.pathname)) {
        context.addIssue({ code: 'custom', message: 'must end before /v2, without a query' });
      }
      if (!url.pathname.endsWith('/')) url.pathname += '/';
      return url;
    })
    .optional(),
  REGISTRY_USERNAME: z
    .string()
    .regex(/^[^:]*$/, 'must not contain a colon')
    .refine(hasNoControlCharacter, NO_CONTROL_CHARACTER)
    .optional(),
  REGISTRY_PASSWORD: z.string().refine(hasNoControlCharacter, NO_CONTROL_CHARACTER).optional(),
  REGISTRY_AUTH_FILE: z.string().optional(),
  REGISTRY_CA_FILE: z.string().optional(),
  REGISTRY_DELETE_MODE: z.enum(DELETE_MODES, `must be one of ${DELETE_MODES.join(', ')}`).optional(),
};

const registryVariables = z.object(registryEnvironment);
type RegistryVariables = z.infer<typeof registryVariables>;

/**
 * Reads the settings of a registry.
 * @param variables those that are valid
 * @param given the variables that are set, the invalid ones too
 * @param problems gets a line for each problem
 * @returns undefined if the store is not a registry, or if there are problems
 */
export async function readRegistrySettings(
  variables: RegistryVariables,
  given: Given,
  problems: string[],
): Promise<RegistrySettings | undefined> {
  const isSet = (name: keyof RegistryVariables): boolean => given[name] !== undefined;
  const { STORE = 'layout' } = given;
  if (STORE === 'layout') {
    const set = (Object.keys(registryEnvironment) as (keyof RegistryVariables)[]).filter(isSet);
    problems.push(...set.map((name) => `${name}: has an effect only with STORE=registry`));
    return undefined;
  }
  if (STORE === 'registry' && !isSet('REGISTRY_URL')) problems.push('REGISTRY_URL: required with STORE=registry');
  if (isSet('REGISTRY_USERNAME') !== isSet('REGISTRY_PASSWORD')) {
    problems.push('REGISTRY_USERNAME and REGISTRY_PASSWORD: set both or neither');
  }
  if (isSet('REGISTRY_USERNAME') && isSet('REGISTRY_AUTH_FILE')) {
    problems.push('REGISTRY_AUTH_FILE: set either it or REGISTRY_USERNAME and REGISTRY_PASSWORD');
  }
  const { REGISTRY_URL: url, REGISTRY_USERNAME: username, REGISTRY_PASSWORD: password } = variables;
  const { REGISTRY_AUTH_FILE: authFile, REGISTRY_CA_FILE: caFile, REGISTRY_DELETE_MODE: deleteMode } = variables;
  if (authFile !== undefined) problems.push(...(await authFileProblems(authFile, url)));
  const ca = caFile === undefined ? undefined : await readCertificates('REGISTRY_CA_FILE', caFile, problems);
  if (url === undefined) return undefined;
  const credentials = username === undefined || password === undefined ? undefined : { username, password };
  return { url, credentials, authFile, ca, deleteMode: deleteMode ?? 'auto' };
}

async function authFileProblems(file: string, registry: URL | undefined): Promise<string[]> {
  try {
    await checkAuthFile(file, registry);
    return [];
  } catch (error) {
    if (!(error instanceof Problems)) throw error;
    return error.problems.map((problem) => `REGISTRY_AUTH_FILE ${file}: ${problem}`);
  }
}
