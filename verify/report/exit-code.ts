import type { Report, Verdict } from './model.ts';
import { hadSuccess } from './summary.ts';

/** The exit code of the process. 2 (the check could not run) is decided before there is a report. */
export const EXIT = { verified: 0, violated: 1, couldNotRun: 2, unverified: 3 } as const;

/**
 * The exit code of a run.
 * @param options.allowUnverified accepts unverified cases if a delete was seen to be done: a check that never
 * reached a provider, or was refused by it, does not pass
 */
export function exitCodeOf(report: Report, options: { readonly allowUnverified: boolean }): 0 | 1 | 3 {
  const has = (verdict: Verdict) => report.findings.some((finding) => finding.verdict === verdict);
  if (has('violated')) return EXIT.violated;
  // Without a success neither side has shown that it can delete.
  if (!has('verified') || !hadSuccess(report)) return EXIT.unverified;
  return has('not-verified') && !options.allowUnverified ? EXIT.unverified : EXIT.verified;
}
