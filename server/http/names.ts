import { sentAs } from '../../generated/contract.ts';

const slash = sentAs.repository;

/** A repository's name as people write it, from how it travels: `team$app` is `team/app` (rule slash-travels-as-dollar). */
export function repositoryName(sent: string): string {
  return sent.replaceAll(slash.sentAs, slash.character);
}
