import type { Report, Verdict } from './model.ts';
import { hadSuccess } from './summary.ts';

/** The exit code of the process. 2 (the check could not run) is decided before there is a report. */
export const EXIT = { verified: 0, violated: 1, couldNotRun: 2, unverified: 3 } as const;

/**
 * The exit code of a run.
 * @param options.allowUnverified accepts unverified cases if at least one case was verified: a check that
 * never reached a provider does not pass
 */
export function exitCodeOf(report: Report, options: { readonly allowUnverified: boolean }): 0 | 1 | 3 {
  const has = (verdict: Verdict) => report.findings.some((finding) => finding.verdict === verdict);
  if (has('violated')) return EXIT.violated;
  // A consumer that never had a success has not shown that it can delete.
  const isUntried = report.kind === 'consumer' && !hadSuccess(report);
  if (!has('verified') || isUntried) return EXIT.unverified;
  return has('not-verified') && !options.allowUnverified ? EXIT.unverified : EXIT.verified;
}
