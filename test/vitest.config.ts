import { configDefaults, defineConfig } from 'vitest/config';
import { plainSummary } from './support/plain-summary.ts';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    // They need more than Node and Debian's packages.
    exclude: [...configDefaults.exclude, 'test/interop/**'],
    // Files that run one after another in a process share the modules that they load, and the state of those. A file that
    // changes something else of its process puts it back.
    isolate: false,
    // For slow and busy machines. These time-outs end tests that hang; they measure nothing.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    allowOnly: false,
    reporters: ['default', plainSummary],
    // Files at once. Most tests wait for processes and sockets: the longest ten use a tenth to a half of one core.
    maxWorkers: 4,
  },
});
