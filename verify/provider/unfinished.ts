/** A case could not be brought to its end; the message says why. */
export class Unfinished extends Error {
  override readonly name = 'Unfinished';
}
