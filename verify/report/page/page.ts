// The report as a page to mail around: one file without scripts or external resources, with everything escaped.
import { createHash } from 'node:crypto';
import { Eta } from 'eta';
import { LEVELS, type Level } from '../../contract/level.ts';
import { cutText, harmlessLine, harmlessText } from '../harmless.ts';
import type { Report } from '../model.ts';
import {
  countsOf,
  headlineOf,
  levelCountsOf,
  levelsLineOf,
  openQuestionsOf,
  plural,
  problemsOf,
  rowsOf,
} from '../summary.ts';
import { pageStyle } from './page-style.ts';
import { pageTemplate } from './page-template.ts';

/** Max answers shown in full, so that a page with a thousand of them still opens. */
const MAX_SHOWN = 10_000;

const eta = new Eta({ autoEscape: true });
const styleHash = createHash('sha256').update(pageStyle).digest('base64');

/** The page of a report. Its content security policy blocks scripts and loading, even if hostile content got in. */
export const pageOf = (report: Report): string =>
  eta.renderString(pageTemplate, {
    ...{ report, style: pageStyle },
    policy: `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`,
    outcome: outcomeOf(report),
    headline: headlineOf(report),
    levelsLine: levelsLineOf(report),
    levels: levelsOf(report),
    rows: rowsOf(report),
    openQuestions: openQuestionsOf(report),
    ...{ line: harmlessLine, block: (text: string) => harmlessText(cutText(text.trimEnd(), MAX_SHOWN)), plural },
  });

/** What a level adds to the ones before it. */
const MEANINGS: Readonly<Record<Level, string>> = {
  base: 'what the base document says',
  vendor: 'what the vendor documents, or its SDKs need',
  full: 'extensions of this contract',
};

function levelsOf(report: Report) {
  const [counts, problems] = [levelCountsOf(report), problemsOf(report)];
  return LEVELS.flatMap((level) => {
    const of = counts[level];
    if (of === undefined) return [];
    return [{ level, meaning: MEANINGS[level], counts: of, problems: problems.filter((one) => one.level === level) }];
  });
}

/** Which colour the page has. */
function outcomeOf(report: Report): 'verified' | 'violated' | 'unverified' {
  const { verified, violated, 'not-verified': open } = countsOf(report.findings);
  if (violated > 0) return 'violated';
  return verified === 0 || open > 0 ? 'unverified' : 'verified';
}
