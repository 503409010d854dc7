// Settings that were mistyped. Any other variable of the environment may be another program's, so they are no errors.
import { meantBy } from '../../process/input/meant.ts';
import { printable } from '../../process/printable.ts';

/** Min characters of a setting that is looked for: `PORT`, `HOST` and `STORE` are like too many other names. */
const MIN_LENGTH = 6;

/** Distribution's own setting, which may be in the environment of both. */
const DISTRIBUTION = 'REGISTRY_AUTH';

/**
 * Finds variables that are nearly the name of a setting, or the beginning of one, such as `REGISTRY_USER`. What Kubernetes
 * sets for a service, such as `REGISTRY_PORT_5000_TCP`, is like none of them.
 * @param settings the names of all settings
 * @returns a line for each; an empty variable counts as not set
 */
export function mistypedSettings(env: NodeJS.ProcessEnv, settings: readonly string[]): string[] {
  const own = settings.filter((name) => name.length >= MIN_LENGTH);
  return Object.entries(env).flatMap(([variable, value]) => {
    if (value === '' || settings.includes(variable) || variable === DISTRIBUTION) return [];
    // `REGISTRY` alone is no beginning: it is a common name.
    const meant = meantBy(variable, own) ?? own.find((name) => variable.includes('_') && name.startsWith(variable));
    return meant === undefined ? [] : [`${printable(variable)} is not a setting: is ${meant} meant?`];
  });
}
