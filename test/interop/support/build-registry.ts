// Before the tests of a registry: builds it, and the storage below it.
import type { TestProject } from 'vitest/node';
import { DISTRIBUTION_3, GOFAKES3, projectName, REGISTRIES } from '../registries.ts';
import { buildGo } from './go.ts';

export async function setup({ name }: TestProject): Promise<void> {
  const registry =
    name === projectName(GOFAKES3) ? DISTRIBUTION_3 : REGISTRIES.find((one) => projectName(one) === name);
  if (registry !== undefined) await buildGo(registry);
  if (name === projectName(GOFAKES3)) await buildGo(GOFAKES3);
}
