import { LEVELS, takesIn } from '../contract/level.ts';
import type { Finding, Violation } from '../report/model.ts';

/** A delete that was answered as done. */
const hasDeleted = ({ exchange }: Violation): boolean =>
  exchange?.sent.startsWith('DELETE ') === true && /^HTTP\/1\.1 2/.test(exchange.received ?? '');

const rankOf = ({ level }: Finding): number => LEVELS.indexOf(level);

/**
 * If a request that had to be refused was answered as done, it has deleted its tag: that the tag is gone is no second
 * thing to mend. At a lower level than that of the request it says nothing at all.
 * @param deletes findings, among them that of the tag which must still be there
 * @param refused findings of the requests that were aimed at this tag
 */
export function blamedOnce(deletes: readonly Finding[], refused: readonly Finding[]): Finding[] {
  const culprits = refused.flatMap((finding) =>
    finding.violations.filter(hasDeleted).map((violation) => ({ finding, violation })),
  );
  const isBlamed = ({ violations }: Finding) => violations.some(({ harm }) => harm === 'deleted-unasked');
  return deletes.map((one) => {
    if (!isBlamed(one)) return one;
    const [first] = culprits.toSorted((a, b) => rankOf(a.finding) - rankOf(b.finding));
    if (first === undefined) return one;
    const { finding, violation } = first;
    if (!takesIn(one.level, finding.level)) {
      return {
        ...one,
        verdict: 'not-verified',
        violations: [],
        reason: `the request of ${finding.id} deleted the tag`,
      };
    }
    return { ...one, violations: one.violations.map((other) => consequence(other, violation)) };
  });
}

/** Without an exchange it is not the one that is shown of the two. */
function consequence({ exchange, ...own }: Violation, { harm, alike }: Violation): Violation {
  return own.harm === 'deleted-unasked' && harm !== undefined && alike !== undefined
    ? { ...own, harm, alike }
    : { ...own, ...(exchange && { exchange }) };
}
