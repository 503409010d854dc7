// Reads the settings of STORE=registry from environment variables.
import { z } from 'zod';
import { CONTROL_CHARACTER, DELETE_MODES, type RegistrySettings } from '../../stores/registry/options.ts';
import { readCertificates } from './certificates.ts';

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

const names = Object.keys(registryEnvironment) as (keyof typeof registryEnvironment)[];

const registryVariables = z.object(registryEnvironment);
type RegistryVariables = z.infer<typeof registryVariables>;

/**
 * Reads the settings of a registry.
 * @param problems gets a line for each problem
 * @returns undefined if the store is not a registry, or if there are problems
 */
export async function readRegistrySettings(
  variables: RegistryVariables & { readonly STORE: string },
  problems: string[],
): Promise<RegistrySettings | undefined> {
  if (variables.STORE !== 'registry') {
    const set = names.filter((name) => variables[name] !== undefined);
    problems.push(...set.map((name) => `${name}: has an effect only with STORE=registry`));
    return undefined;
  }
  const { REGISTRY_URL, REGISTRY_USERNAME, REGISTRY_PASSWORD, REGISTRY_AUTH_FILE, REGISTRY_CA_FILE } = variables;
  if (REGISTRY_URL === undefined) problems.push('REGISTRY_URL: required with STORE=registry');
  if ((REGISTRY_USERNAME === undefined) !== (REGISTRY_PASSWORD === undefined)) {
    problems.push('REGISTRY_USERNAME and REGISTRY_PASSWORD: set both or neither');
  }
  if (REGISTRY_USERNAME !== undefined && REGISTRY_AUTH_FILE !== undefined) {
    problems.push('REGISTRY_AUTH_FILE: set either it or REGISTRY_USERNAME and REGISTRY_PASSWORD');
  }
  const ca =
    REGISTRY_CA_FILE === undefined ? undefined : await readCertificates('REGISTRY_CA_FILE', REGISTRY_CA_FILE, problems);
  if (REGISTRY_URL === undefined) return undefined;
  const hasCredentials = REGISTRY_USERNAME !== undefined && REGISTRY_PASSWORD !== undefined;
  return {
    url: REGISTRY_URL,
    credentials: hasCredentials ? { username: REGISTRY_USERNAME, password: REGISTRY_PASSWORD } : undefined,
    authFile: REGISTRY_AUTH_FILE,
    ca,
    deleteMode: variables.REGISTRY_DELETE_MODE ?? 'auto',
  };
}
