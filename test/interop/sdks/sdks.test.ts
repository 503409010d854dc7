// The vendor's SDKs, unmodified, against this project's server and mock, and what they send. What differs between them is
// a table in client/README.md, which is compared with the run.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examples } from '../../support/contract.ts';
import { areMissing } from '../../support/programs.ts';
import { openPlaces } from './places.ts';
import { type Outcome, runDriver } from './run-driver.ts';
import { SERVER_ERRORS, scenariosAt } from './scenarios.ts';
import { SDKS, type Sdk } from './sdks.ts';
import { withTable } from './table.ts';

const README = new URL('../../../client/README.md', import.meta.url).pathname;
const all = SDKS.flat();
const isMissing = areMissing('go', 'mvn', 'python3');
/** By the SDK's name and version. */
const outcomes = new Map<Sdk, Readonly<Record<string, Outcome>>>();

/** What the SDK throws for an error of the contract. */
function exceptionOf({ name: sdk, throttled }: Sdk, example: string) {
  const { status = 0, value } = examples.find(({ name }) => name === example) ?? {};
  if (status === 429 && throttled !== undefined) return throttled;
  const name = status < 500 ? 'ClientRequestException' : 'ServerResponseException';
  return {
    exception: sdk === 'Go' ? 'sdkerr.ServiceResponseError' : name,
    status,
    code: value?.error_code,
    message: value?.error_msg,
    requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
  };
}

describe.skipIf(isMissing).each(all)('The $name SDK $version', (sdk) => {
  const { kind, name, version } = sdk;
  const meta = { meta: { program: { kind, name: `vendor's SDK for ${name}`, version } } };
  let open: Awaited<ReturnType<typeof openPlaces>>;
  let seen: Readonly<Record<string, Outcome>>;

  beforeAll(async () => {
    open = await openPlaces();
    seen = await runDriver(await sdk.driver(), scenariosAt(open.places), open.arrivals);
    outcomes.set(sdk, seen);
  }, 600_000);
  afterAll(() => open?.close());

  test('deletes a tag and gets 204', meta, () => {
    expect(seen['deleted']).toMatchObject({ status: 204 });
    expect(seen['deleted']).not.toHaveProperty('exception');
  });

  test('deletes in a repository with a slash, and with a project id', meta, () => {
    expect(seen['slash as $']).toMatchObject({ status: 204 });
    expect(seen['with project id']).toMatchObject({ status: 204 });
    expect(seen['sent project id']?.arrivals).toMatchObject([{ headers: { 'x-project-id': expect.any(String) } }]);
  });

  test('has deleted what it was told to, and nothing else', meta, () => {
    // Some encode a name that is encoded already once more.
    const kept = name === 'Go' || name === 'Python' ? ['group/team/app:v2'] : [];
    expect(open.store.tags).toEqual(['group/busybox:v3', 'group/busybox:release-1', ...kept, 'group/team/app:v3']);
  });

  test.for(SERVER_ERRORS)(
    'throws its own exception for %s of the server, with all fields',
    meta,
    (example, { task }) => {
      expect(seen[example]).toMatchObject(exceptionOf(sdk, example));
      if (seen[example]?.status === 404) task.meta.seen = `a 404 is \`${seen[example].exception}\``;
    },
  );

  test.each(examples)('throws its own exception for $name of the mock, with all fields', meta, (example) => {
    expect(seen[`mock ${example.name}`]).toMatchObject(exceptionOf(sdk, example.name));
  });

  test('never leads a slash to another repository: the answer says how to send it', meta, () => {
    expect([404, 400]).toContain(seen['slash as /']?.status);
  });

  test('trusts no certificate that the system does not trust', meta, () => {
    expect(seen['untrusted certificate']).toMatchObject({ exception: expect.any(String) });
  });
});

test.skipIf(isMissing)('client/README.md says what each SDK does', async () => {
  const text = withTable(await readFile(README, 'utf8'), SDKS, outcomes);
  await expect(text).toMatchFileSnapshot(README);
});
