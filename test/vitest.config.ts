import { defineConfig } from 'vitest/config';
import { plainSummary } from './support/plain-summary.ts';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    // A machine may be many times slower than another, and share its cores: these end what hangs, and measure nothing.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    allowOnly: false,
    reporters: ['default', plainSummary],
    // Most tests wait for processes and sockets: more of them fit beside each other than there are cores.
    maxWorkers: 3,
  },
});
