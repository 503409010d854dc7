// Fails if an entry of package-lock.json has no integrity hash, or comes from another registry than npm's own.
// npm keeps an entry without a hash as it is (npm/cli#4460). To mend one, delete it from the file and run
// `npm install --package-lock-only` in a folder without node_modules.
import { readFileSync } from 'node:fs';

const REGISTRY = 'https://registry.npmjs.org/';
const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
const problems = Object.entries(packages)
  .filter(([path]) => path !== '')
  .flatMap(([path, { integrity, resolved = REGISTRY }]) => [
    ...(integrity === undefined ? [`${path}: no integrity hash`] : []),
    ...(resolved.startsWith(REGISTRY) ? [] : [`${path}: comes from ${resolved}`]),
  ]);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
