/** A check that could not be made at all, as an unreachable provider or wrong fixtures: each problem a line for the partner. */
export class CannotRun extends Error {
  override readonly name = 'CannotRun';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('; '), options);
    this.problems = problems;
  }
}
