// A contract may call its causes and its headers otherwise, and give ids another form: a provider that is right by it
// must not look wrong.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { contractOf, defaultContractFile } from '../../../verify/contract/read-contract.ts';
import type { Answer, Behaviour } from '../../../verify/faulty-providers/behaviour.ts';
import { correct } from '../../../verify/faulty-providers/correct.ts';
import { startProvider } from '../../../verify/faulty-providers/provider.ts';
import { verifyProvider } from '../../../verify/provider/verify-provider.ts';
import type { Report } from '../../../verify/report/model.ts';

// The document is changed freely here.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Json = any;

const text = await readFile(defaultContractFile, 'utf8');

/** Checks a provider of a changed behaviour by a changed contract. */
async function check(change: (document: Json) => void, behaviour: Partial<Behaviour> = {}): Promise<Report> {
  const document = parse(text) as Json;
  change(document);
  const { url, fixtures, close } = await startProvider(behaviour);
  try {
    return await verifyProvider({ baseUrl: url, fixtures, contract: contractOf(document, 'changed.yaml'), seed: 1 });
  } finally {
    await close();
  }
}

const violated = ({ findings }: Report) => findings.filter(({ verdict }) => verdict === 'violated').map(({ id }) => id);

test('A contract that does not say which 401 is right accepts any of them', async () => {
  const report = await check(({ components }) => {
    const content = components.responses.Unauthorized.content['application/json'];
    const examples = Object.values<Json>(content.examples)
      .map(({ 'x-cause': _, ...example }) => example)
      .toReversed();
    content.examples = Object.fromEntries(examples.map((example, index) => [`case-${index}`, example]));
  });

  expect(violated(report)).toEqual([]);
  const verified = report.findings.filter((one) => one.verdict === 'verified').map(({ id }) => id);
  expect(verified).toEqual(
    expect.arrayContaining([
      'authentication/none',
      'authentication/unknown-token',
      'authentication/unsigned-date',
      'order/no-credentials-and-absent-tag',
      'secrecy/stranger-tag',
    ]),
  );
});

describe('request ids', () => {
  const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  const asUuid = ({ components }: Json) => {
    components.headers.RequestId.schema.pattern = uuid.source;
  };

  test('that are UUIDs by the contract: a provider that keeps those alone is right', async () => {
    const requestId = (incoming = '') => (uuid.test(incoming) ? incoming : randomUUID());
    const report = await check(asUuid, { requestId });

    expect(violated(report)).toEqual([]);
    const verdicts = report.findings.filter(({ id }) => id.startsWith('request-id/')).map(({ verdict }) => verdict);
    expect(verdicts).toEqual(['verified', 'verified', 'verified']);
  });

  test('that are UUIDs by the contract: a provider that keeps whatever comes is found out', async () => {
    const report = await check(asUuid, { requestId: (incoming = randomUUID()) => incoming });

    expect(violated(report)).toContain('request-id/illegal');
  });

  test('in a header of another name are looked for there', async () => {
    const renamed = ({ headers: { 'X-Request-Id': id = '', ...headers }, ...answer }: Answer): Answer => ({
      ...answer,
      headers: { ...headers, 'X-Trace': id },
    });
    const report = await check(
      ({ components }) => {
        for (const { headers } of Object.values<Json>(components.responses)) {
          headers['X-Trace'] = headers['X-Request-Id'];
          delete headers['X-Request-Id'];
        }
      },
      {
        success: (requestId) => renamed(correct.success(requestId)),
        error: (name, requestId, call) => renamed(correct.error(name, requestId, call)),
      },
    );

    // It answers with the header, and does not look for it in requests.
    expect(violated(report)).toEqual(['request-id/kept']);
  });

  test('that repeat are found out', async () => {
    const report = await check(() => {}, { requestId: () => 'always-the-same' });

    expect(violated(report)).toContain('request-id/distinct');
  });
});
