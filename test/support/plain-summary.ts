import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with how many tests passed and failed, on a line without colours: for whoever reads the output of a CI. */
export const plainSummary: Reporter = {
  onTestRunEnd(modules: readonly TestModule[]) {
    const count = (state: 'passed' | 'failed' | 'skipped') =>
      modules.reduce((sum, { children }) => sum + [...children.allTests(state)].length, 0);
    process.stdout.write(`\n${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped\n`);
  },
};
