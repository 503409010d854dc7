// The registries that the suites of test/server/stores/registry run on. Debian's docker-registry is not among them:
// `npm test` runs on that one.
import type { GoProgram } from './support/go.ts';
import type { Program } from './support/program.ts';

/** A registry that is configured like docker-registry. */
export interface RegistryProgram extends Program, GoProgram {
  /** Which requests delete a tag alone, as the suites' traits. */
  readonly deletes: 'by-tag' | 'by-tag-even-if-off';
}

const distribution = (version: string, deletes: RegistryProgram['deletes']): RegistryProgram => ({
  kind: 'registry',
  name: 'Distribution',
  package: 'github.com/distribution/distribution/v3/cmd/registry',
  version,
  deletes,
});

/** The newest Distribution. */
export const DISTRIBUTION_3 = distribution('v3.1.2', 'by-tag');

export const REGISTRIES: readonly RegistryProgram[] = [DISTRIBUTION_3, distribution('v3.0.0', 'by-tag-even-if-off')];

/** An S3 service in memory. */
export const GOFAKES3: Program & GoProgram = {
  kind: 'storage of a registry',
  name: 'gofakes3, an S3 service, below Distribution 3.1.2',
  package: 'github.com/johannesboyne/gofakes3/cmd/gofakes3',
  version: 'v1.2.0',
};

/** The name of its project in the configuration of the tests. */
export const projectName = ({ name, version }: Program) => `${name} ${version}`;
