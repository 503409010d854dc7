/** Whether the faults are tested at full length (`npm run test:faults`), or as long as every run of the tests can afford. */
const IS_FULL = process.env['FAULTS'] === 'full';

/** The first at the length that `npm test` has, the second at full length. */
export function atLength(short: number, full: number): number {
  return IS_FULL ? full : short;
}
