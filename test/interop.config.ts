// `npm run test:interop`: real registries, SDKs and tools that need more than Node and Debian's packages.
import { defineConfig } from 'vitest/config';
import { DISTRIBUTION_3, GOFAKES3, projectName, REGISTRIES, type RegistryProgram } from './interop/registries.ts';
import { goPath } from './interop/support/go.ts';
import { programTable } from './interop/support/table.ts';
import { plainSummary } from './support/plain-summary.ts';

const root = new URL('..', import.meta.url).pathname;
const TIME_OUT_MS = 120_000;
/** For slow and busy machines. These time-outs end tests that hang; they measure nothing. */
const patient = { testTimeout: TIME_OUT_MS, hookTimeout: TIME_OUT_MS, expect: { poll: { timeout: 20_000 } } };

/** The suites that `npm test` runs on Debian's docker-registry, at full length. */
const SUITES = ['both-stores', 'modes', 'stress'].map((name) => `test/server/stores/registry/${name}.test.ts`);

function suitesOn(name: string, registry: RegistryProgram, env: Record<string, string>) {
  return {
    test: {
      ...patient,
      root,
      name,
      include: SUITES,
      globalSetup: ['test/interop/support/build-registry.ts'],
      env: { REGISTRY_PROGRAM: goPath(registry), REGISTRY_DELETES: registry.deletes, ...env },
    },
  };
}

export default defineConfig({
  test: {
    root,
    allowOnly: false,
    reporters: ['default', programTable(), plainSummary],
    // Registries, builds and stress tests take both cores by themselves.
    maxWorkers: 1,
    projects: [
      ...REGISTRIES.map((registry) => suitesOn(projectName(registry), registry, { FAULTS: 'full' })),
      suitesOn(projectName(GOFAKES3), DISTRIBUTION_3, { S3_PROGRAM: goPath(GOFAKES3) }),
      { test: { ...patient, root, name: 'programs', include: ['test/interop/**/*.test.ts'] } },
    ],
  },
});
