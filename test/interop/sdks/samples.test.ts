// The samples of the docs page that need the vendor's SDKs for Go, Java and Python, run as they stand.
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { samples } from '../../openapi/docs/docs.ts';
import { useSampleRuns } from '../../openapi/docs/sample-runs.ts';
import { areMissing, run } from '../../support/programs.ts';
import { SDKS } from './sdks.ts';

const runs = useSampleRuns();

/** Makes a command of a sample's text: like the SDK's driver, with the sample in the place of the driver's source. */
async function commandOf(name: string, text: string) {
  const [sdk] = SDKS.find(([newest]) => newest.name === name) ?? [];
  if (sdk === undefined) throw new Error(`there is no SDK for ${name}`);
  const { program, args, env } = await sdk.driver();
  const file = join(runs.folder, { Go: 'main.go', Java: 'Sample.java' }[name] ?? 'sample.py');
  await writeFile(file, text);
  if (name !== 'Go') return { program, args: [...args.slice(0, -1), file], env };
  const modules = new URL('go/', import.meta.url).pathname;
  for (const one of ['go.mod', 'go.sum']) await copyFile(modules + one, join(runs.folder, one));
  await run('go', '-C', runs.folder, 'build', '-o', 'sample', '.');
  return { program: join(runs.folder, 'sample'), args, env };
}

describe.skipIf(areMissing('go', 'mvn', 'python3'))('A sample deletes the tag that it names, and no other', () => {
  test.each(['Go', 'Java', 'Python'])(
    "Vendor's %s SDK",
    async (name) => {
      const { source } = samples.find(({ label }) => label === `Vendor's ${name} SDK`) ?? { source: '' };
      const [first, again] = await runs.deleteTwice(source, (text) => commandOf(name, text));
      expect(first.stderr).toBe('');
      expect(again.code).toBe(1);
      expect(again.stderr).toMatch(/404 SVCSTG\.SWR\.4040115: The image tag does not exist\. \([0-9a-f]{32}\)/);
    },
    600_000,
  );
});
