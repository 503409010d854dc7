/** The check could not run, for example because of an unreachable provider or wrong fixtures. One line for each problem. */
export class CannotRun extends Error {
  override readonly name = 'CannotRun';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('; '), options);
    this.problems = problems;
  }
}
