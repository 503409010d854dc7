import { LEVELS, type Level, takesIn } from '../contract/level.ts';
import type { Finding, Violation } from './model.ts';

/** A violation with its level. */
export interface LevelledViolation extends Violation {
  readonly level: Level;
}

/**
 * Findings of one case: one of its own, and one for each level beyond its own that an answer broke, so that one answer
 * can keep base and break full.
 * @param about the case; its verdict is what it is if nothing of its own level is broken
 * @param limit highest level at which violations count; violations beyond it are left out
 */
export function findingsByLevel(
  about: Omit<Finding, 'violations'>,
  violations: readonly LevelledViolation[],
  limit: Level,
): Finding[] {
  const own = violations.filter(({ level }) => takesIn(about.level, level));
  const { reason: _, fixture: __, ...violated } = about;
  const beyond = LEVELS.filter((level) => !takesIn(about.level, level) && takesIn(limit, level)).flatMap(
    (level): Finding[] => {
      const found = violations.filter((one) => one.level === level);
      if (found.length === 0) return [];
      const isGateway = found.every((one) => one.isGateway === true);
      return [
        {
          ...violated,
          ...(isGateway && { isGateway }),
          ...{ id: `${about.id}:${level}`, level, verdict: 'violated', violations: found },
        },
      ];
    },
  );
  const first: Finding =
    own.length > 0 ? { ...violated, verdict: 'violated', violations: own } : { ...about, violations: [] };
  return [first, ...beyond];
}
