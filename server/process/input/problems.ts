/** Settings or a file that cannot be used. It has all problems at once, each a line for a person. */
export class Problems extends Error {
  override readonly name = 'Problems';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}
