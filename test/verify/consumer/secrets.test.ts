// What a report of the consumer check shows of a long answer is cut: never through a secret, half of which would be shown.
import { afterEach, expect, test } from 'vitest';
import { exchange, requestText } from '../../support/wire.ts';
import { type ScriptedProvider, startAnswering, startCheck } from './start-consumer-check.ts';

const TOKEN = 'SECRET-TOKEN-OF-SOMEBODY-AND-MORE-OF-IT';
/** As much as is shown. */
const SHOWN = 8 * 1024;
const MORE = 'b'.repeat(100);

let provider: ScriptedProvider | undefined;
afterEach(async () => {
  await provider?.close();
  provider = undefined;
});

test.each([
  ['at the end of what is shown', `${'a'.repeat(SHOWN - 20)}${TOKEN}${MORE}`],
  ['behind the end of an answer, at the end of what is shown', `\r\n\r\n${'a'.repeat(SHOWN - 24)}${TOKEN}${MORE}`],
  ['again and again', `${TOKEN} `.repeat(4_000)],
])('nothing is left of a token %s', async (_, body) => {
  const isStray = body.startsWith('\r\n');
  const head = `HTTP/1.1 404 x\r\n${isStray ? 'Content-Length: 0\r\n' : ''}`;
  provider = await startAnswering(`${head}${isStray ? '' : '\r\n'}${body}`);
  const check = await startCheck(provider.url);
  const target = '/v2/manage/namespaces/group/repos/busybox/tags/v1';

  await exchange(check.url, requestText(`DELETE ${target}`, { 'X-Auth-Token': TOKEN }));
  const report = JSON.stringify(await check.end());

  expect(report).not.toContain(TOKEN.slice(0, 12));
  expect(report).toContain('bytes in all]');
});
