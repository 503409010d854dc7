// A report is mailed around: no secret of the fixtures may be in it, however long it is and wherever a provider repeats it.
import { afterEach, describe, expect, test } from 'vitest';
import { readContract } from '../../verify/contract/read-contract.ts';
import { correct } from '../../verify/faulty-providers/correct.ts';
import { withContent } from '../../verify/faulty-providers/fault.ts';
import { type RunningProvider, startProvider } from '../../verify/faulty-providers/provider.ts';
import { fixturesOf } from '../../verify/fixtures.ts';
import { maskOf } from '../../verify/provider/mask.ts';
import { printable } from '../../verify/provider/printable.ts';
import { verifyProvider } from '../../verify/provider/verify-provider.ts';

const contract = await readContract();

let provider: RunningProvider | undefined;
afterEach(async () => {
  await provider?.close();
  provider = undefined;
});

const maskFor = (token: string) =>
  maskOf(
    fixturesOf({
      credentials: { allowed: { token } },
      images: { namespace: 'a', repository: 'b', tags: ['c'] },
      absent: { tag: 'd' },
    }),
  );

describe('of a token that is longer than what is shown', () => {
  const token = Array.from({ length: 8_000 }, (_, index) => String.fromCharCode(97 + (index % 26))).join('');
  const prefix = token.slice(0, 40);

  test.each([
    ['at the beginning', token],
    ['at the end of what is shown', 'A'.repeat(4_090) + token],
    ['again and again, beyond what is looked through', `${token} `.repeat(20)],
    ['cut by the provider’s end of what is looked through', 'A'.repeat(4_096 + 64 * 1024 - 100) + token],
  ])('nothing is left %s', (_, text) => {
    const shown = printable(Buffer.from(text), maskFor(token));

    expect(shown).not.toContain(prefix);
    expect(shown.length).toBeLessThan(5_000);
  });
});

test('what is no secret is shown as far as it goes, and how much there is', () => {
  const shown = printable(Buffer.from(`a\0b\r\n${'c'.repeat(900_000)}`), maskFor('token-of-somebody'));

  expect(shown.startsWith('a\\x00b\nccc')).toBe(true);
  expect(shown).toMatch(/c\n… 900005 bytes in all$/);
});

test('a signature that the provider repeats is masked without the name of its part, and another digest is not', async () => {
  const signatures: string[] = [];
  const DIGEST = 'ab'.repeat(32);
  provider = await startProvider({
    error: (name, requestId, call) => {
      const signature = /Signature=([0-9a-f]{64})/.exec(call?.headers['authorization']?.[0] ?? '')?.[1];
      if (signature !== undefined) signatures.push(signature);
      return withContent(correct.error(name, requestId, call), ({ error_msg: _, ...content }) => ({
        ...content,
        seen: signature?.toUpperCase() ?? '',
        digest: DIGEST,
      }));
    },
  });

  const report = await verifyProvider({
    baseUrl: provider.url,
    fixtures: fixturesOf(provider.fixtures),
    contract,
    seed: 1,
  });

  const text = JSON.stringify(report).toLowerCase();
  expect(signatures.length).toBeGreaterThan(5);
  expect(signatures.filter((one) => text.includes(one))).toEqual([]);
  expect(text).toContain(DIGEST);
});
