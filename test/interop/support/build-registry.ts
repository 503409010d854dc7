// Before the tests of a registry: builds it.
import type { TestProject } from 'vitest/node';
import { projectName, REGISTRIES } from '../registries.ts';
import { buildGo } from './go.ts';

export async function setup({ name }: TestProject): Promise<void> {
  const registry = REGISTRIES.find((one) => projectName(one) === name);
  if (registry !== undefined) await buildGo(registry);
}
