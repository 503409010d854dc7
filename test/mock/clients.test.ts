// What consumers call the mock with, beside the typed client and the vendor's SDK: each deletes a tag, sees the 404 of a
// second delete with its request id, and Retry-After of a 429.
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { request } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runProcess } from '../support/command.ts';
import { areMissing, temporaryDirectory } from '../support/programs.ts';
import { pathOf, startMock, type TestMock } from './start-mock.ts';

let mock: TestMock;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeEach(async () => {
  mock = await startMock({ isCorsOn: true });
  directory = await temporaryDirectory();
});
afterEach(async () => {
  await mock.close();
  await directory.remove();
});

/** What a script prints: the statuses, and whether the request id of the 404 is that of its body. */
const SEEN = '204 404 429 id:true retry-after:1\n';

const urls = () => [pathOf('v1'), pathOf('v1'), pathOf('mock-throttled')].map((path) => mock.url + path);

/** Runs a program of a test's own, with the three addresses as arguments. */
async function runScript(program: readonly string[], name: string, text: string) {
  const file = `${directory.path}/${name}`;
  await writeFile(file, text);
  const [command = '', ...args] = program;
  const { code, stdout, stderr } = await runProcess(command, [...args, file, ...urls()], {
    env: { HOME: process.env['HOME'] ?? directory.path },
  });
  expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: SEEN });
}

/** Debian's requests belong to Debian's Python, which need not be the first on the path. */
const PYTHON = '/usr/bin/python3';

/** Whether the test with requests has to be left out. Never under CI: there a missing package is a failure. */
const areRequestsMissing = () =>
  process.env['CI'] !== 'true' && spawnSync(PYTHON, ['-c', 'import requests']).status !== 0;

test('Playwright’s request', async () => {
  const context = await request.newContext({ extraHTTPHeaders: { 'X-Auth-Token': 'any' } });
  const answers = [];
  for (const url of urls()) answers.push(await context.delete(url));
  const [, second, third] = answers as [unknown, (typeof answers)[number], (typeof answers)[number]];
  expect(answers.map((answer) => answer.status())).toEqual([204, 404, 429]);
  expect(second.headers()['x-request-id']).toBe((await second.json()).request_id);
  expect(third.headers()['retry-after']).toBe('1');
  await context.dispose();
});

describe.skipIf(areMissing('curl'))('curl', () => {
  test('deletes', async () => {
    const [url = ''] = urls();
    const { stdout } = await runProcess('curl', ['-isS', '-X', 'DELETE', '-H', 'X-Auth-Token: any', url]);
    expect(stdout).toMatch(/^HTTP\/1\.1 204 No Content\r\n/);
  });
});

const PYTHON_SEEN = `print(*statuses, f"id:{str(same).lower()} retry-after:{retry_after}")`;

test.skipIf(areMissing(PYTHON))('Python’s urllib', async () => {
  await runScript(
    [PYTHON],
    'urllib_client.py',
    `
import json, sys, urllib.error, urllib.request
statuses, same, retry_after = [], None, None
for url in sys.argv[1:]:
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, method="DELETE", headers={"X-Auth-Token": "any"}))
    except urllib.error.HTTPError as error:
        answer = error
    statuses.append(answer.status)
    if answer.status == 404:
        same = answer.headers["X-Request-Id"] == json.load(answer)["request_id"]
    retry_after = answer.headers["Retry-After"]
${PYTHON_SEEN}
`,
  );
});

test.skipIf(areRequestsMissing())('Python’s requests', async () => {
  await runScript(
    [PYTHON],
    'requests_client.py',
    `
import sys, requests
statuses, same, retry_after = [], None, None
with requests.Session() as session:
    session.headers["X-Auth-Token"] = "any"
    for url in sys.argv[1:]:
        answer = session.delete(url, timeout=60)
        statuses.append(answer.status_code)
        if answer.status_code == 404:
            same = answer.headers["X-Request-Id"] == answer.json()["request_id"]
        retry_after = answer.headers.get("Retry-After")
${PYTHON_SEEN}
`,
  );
});
