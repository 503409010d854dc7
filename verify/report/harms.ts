// What a broken rule does to callers: the order of a report, and the first sentence of each problem.

interface HarmOf {
  /** 0: data lost or wrongly deleted; 1: let in without a right; 2: wrong status; 3: unreadable errors; 4: shape. */
  readonly rank: 0 | 1 | 2 | 3 | 4;
  readonly suffers: string;
}

const HARMS = {
  'deleted-wrongly': { rank: 0, suffers: 'Images are lost: something else is deleted than the named tag.' },
  'deleted-unasked': { rank: 0, suffers: 'Images are lost: a request that must not delete deletes.' },
  'not-deleted': { rank: 0, suffers: 'A tag is still there although callers are told that it is deleted.' },
  'two-winners': { rank: 0, suffers: 'Two callers both believe that they deleted the tag.' },
  'let-in': { rank: 1, suffers: 'Callers delete images without a right.' },
  'existence-told': { rank: 1, suffers: 'Callers without a right learn what exists.' },
  'false-success': { rank: 2, suffers: 'Callers take a delete that did not happen for done.' },
  'delete-refused': { rank: 2, suffers: 'A tag that exists cannot be deleted.' },
  'no-answer': { rank: 2, suffers: 'Callers see a network failure, and retry in vain.' },
  'server-error': { rank: 2, suffers: 'A mistake of the caller looks like an outage, and is retried.' },
  'wrong-status': { rank: 2, suffers: 'Callers act on the wrong status.' },
  'broken-message': { rank: 3, suffers: 'Clients that keep the connection misread the next answer.' },
  'no-information': { rank: 3, suffers: 'Callers are not told what was wrong.' },
  'unreadable-error': { rank: 3, suffers: 'Clients cannot read the error.' },
  'wrong-code': { rank: 3, suffers: 'Scripts that go by `error_code` act on the wrong cause.' },
  'front-gateway': {
    rank: 4,
    suffers: 'What a gateway refuses before the provider sees it looks like no other error.',
  },
  shape: { rank: 4, suffers: 'Tools that rely on this part of the answer do not find it.' },
} as const satisfies Record<string, HarmOf>;

export type Harm = keyof typeof HARMS;

const ORDER = Object.keys(HARMS);

/** The place among all harms: of one rank some are worse than others. */
export const orderOf = (harm: Harm | undefined): number => ORDER.indexOf(harm ?? 'shape');
export const rankOf = (harm: Harm | undefined): number => HARMS[harm ?? 'shape'].rank;
export const sufferingOf = (harm: Harm | undefined): string => HARMS[harm ?? 'shape'].suffers;
