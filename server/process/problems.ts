/** What somebody has set or written cannot be used: every problem with it, each a line for that person. */
export class Problems extends Error {
  override readonly name = 'Problems';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}
