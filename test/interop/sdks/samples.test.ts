// The samples of the docs page that need the vendor's SDKs for Go, Java and Python, run as they stand.
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { samples } from '../../openapi/docs/docs.ts';
import { runProcess } from '../../support/command.ts';
import { contract } from '../../support/contract.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { areMissing, run, temporaryDirectory } from '../../support/programs.ts';
import { KEYS, startServer, type TestServer } from '../../support/server.ts';
import { SDKS } from './sdks.ts';

let store: MemoryStore;
let server: TestServer;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeEach(async () => {
  store = new MemoryStore('group/team/app:v1', 'group/team/app:v2');
  server = await startServer({ store });
  directory = await temporaryDirectory();
});
afterEach(async () => {
  await server.close();
  await directory.remove();
});

/** Makes a command of a sample's text: like the SDK's driver, with the sample in the place of the driver's source. */
async function commandOf(name: string, text: string) {
  const [sdk] = SDKS.find(([newest]) => newest.name === name) ?? [];
  if (sdk === undefined) throw new Error(`there is no SDK for ${name}`);
  const { program, args, env } = await sdk.driver();
  const file = join(directory.path, { Go: 'main.go', Java: 'Sample.java' }[name] ?? 'sample.py');
  await writeFile(file, text);
  if (name !== 'Go') return { program, args: [...args.slice(0, -1), file], env };
  const modules = new URL('go/', import.meta.url).pathname;
  for (const one of ['go.mod', 'go.sum']) await copyFile(modules + one, join(directory.path, one));
  await run('go', '-C', directory.path, 'build', '-o', 'sample', '.');
  return { program: join(directory.path, 'sample'), args, env };
}

describe.skipIf(areMissing('go', 'mvn', 'python3'))('A sample deletes the tag that it names, and no other', () => {
  test.each(['Go', 'Java', 'Python'])(
    "Vendor's %s SDK",
    async (name) => {
      const { source } = samples.find(({ label }) => label === `Vendor's ${name} SDK`) ?? { source: '' };
      const text = source.replaceAll(contract.servers[0].url, server.url);
      const command = await commandOf(name, text);
      const env = {
        SWR_ACCESS_KEY: KEYS.accessKey,
        SWR_SECRET_KEY: KEYS.secretKey,
        HOME: directory.path,
        ...command.env,
      };
      const { code, stderr } = await runProcess(command.program, command.args, { env });
      expect(stderr).toBe('');
      expect(code).toBe(0);
      expect(store.tags).toEqual(['group/team/app:v2']);
      const again = await runProcess(command.program, command.args, { env });
      expect(again.code).toBe(1);
      expect(again.stderr).toMatch(/404 SVCSTG\.SWR\.4040115: The image tag does not exist\. \([0-9a-f]{32}\)/);
    },
    600_000,
  );
});
