import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with a line without colours: how many tests passed, failed and were skipped. CI logs are searched for it. */
export const plainSummary: Reporter = {
  onTestRunEnd(modules: readonly TestModule[]) {
    const count = (state: 'passed' | 'failed' | 'skipped') =>
      modules.reduce((sum, { children }) => sum + [...children.allTests(state)].length, 0);
    process.stdout.write(`\n${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped\n`);
  },
};
