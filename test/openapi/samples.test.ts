// Every code sample of the contract is run against a server.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runProcess } from '../support/command.ts';
import { contract, operations } from '../support/contract.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { areMissing } from '../support/programs.ts';
import { KEYS, startServer, type TestServer, TOKEN } from '../support/server.ts';

interface Sample {
  readonly lang: string;
  readonly label: string;
  readonly source: string;
}

const samples: Sample[] = operations.flatMap(({ operation }) => operation['x-codeSamples']);

/** A folder inside the package, from which the package itself and the vendor's SDK can be imported. */
const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

let store: MemoryStore;
let server: TestServer;
let directory: string;
beforeEach(async () => {
  store = new MemoryStore('group/team/app:v1', 'group/team/app:v2');
  server = await startServer({ store });
  await mkdir(DIST, { recursive: true });
  directory = await mkdtemp(`${DIST}samples-`);
});
afterEach(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

/** Runs a sample as a reader would, but with the test server's address. */
async function run({ lang, source }: Sample) {
  const text = source.replaceAll(contract.servers[0].url, server.url);
  const env = { SWR_TOKEN: TOKEN, SWR_ACCESS_KEY: KEYS.accessKey, SWR_SECRET_KEY: KEYS.secretKey, HOME: directory };
  if (lang === 'Shell') return runProcess('sh', ['-c', text], { env });
  await writeFile(`${directory}/sample.mjs`, text);
  return runProcess(process.execPath, [`${directory}/sample.mjs`], { env });
}

test('The contract has samples for curl, the typed client and the vendor’s SDK', () => {
  expect(samples.map(({ label }) => label)).toEqual(['curl', 'Typed client', "Vendor's Node SDK"]);
});

describe.skipIf(areMissing('curl'))('A sample deletes the tag that it names, and no other', () => {
  test.each(samples)('$label', async (sample) => {
    const { code, stderr } = await run(sample);
    expect(stderr).not.toContain('rror');
    expect(code).toBe(0);
    expect(store.tags).toEqual(['group/team/app:v2']);
  });
});
