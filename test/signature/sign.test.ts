import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalRequest, EMPTY_BODY_HASH, sha256 } from '../../signature/canonical-request.ts';
import { formatDate, parseAuthorization, parseDate, signatureOf, signingHeaders } from '../../signature/sign.ts';

// The vendor's published vector (API signing guide).
const vector = {
  method: 'GET',
  target: '/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0',
  headers: {
    'content-type': 'application/json',
    host: 'service.region.example.com',
    'x-sdk-date': '20191115T033655Z',
  },
  bodyHash: EMPTY_BODY_HASH,
};

describe('For the vendor’s published vector', () => {
  test('the canonical request has the published hash', () => {
    expect(sha256(canonicalRequest(vector))).toBe('b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a');
  });

  test('the signature is the published one', () => {
    expect(signatureOf(vector, '20191115T033655Z', 'MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc')).toBe(
      '7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe',
    );
  });
});

test('Percent-encoding of a path does not change its canonical form, its content does', () => {
  const of = (target: string) => canonicalRequest({ ...vector, target });
  expect(of('/a/team$app')).toBe(of('/a/team%24app'));
  expect(of('/a/b/')).toBe(of('/a/b'));
  expect(of('/a?x=1&b=2')).toBe(of('/a?b=2&x=1'));
  expect(of('/a/b')).not.toBe(of('/a%2Fb'));
  expect(of("/a/!'()*")).toContain('/a/%21%27%28%29%2A/');
});

test('The header that a client sends is parsed back into its parts', () => {
  const headers = signingHeaders('DELETE', new URL('http://h:1/p'), { accessKey: 'AK', secretKey: 'SK' }, new Date(0));
  expect(headers['x-sdk-date']).toBe('19700101T000000Z');
  expect(parseAuthorization(headers['authorization'] ?? '')).toEqual({
    accessKey: 'AK',
    signedHeaders: ['host', 'x-sdk-date'],
    signature: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('Every date survives formatting and parsing, and no other text is a date', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }), (date) => {
      expect(parseDate(formatDate(date))?.getTime()).toBe(Math.floor(date.getTime() / 1000) * 1000);
    }),
  );
  for (const text of [
    '',
    '20260231T000000Z',
    '20261301T000000Z',
    '2026-01-01T00:00:00Z',
    '20260101T000000',
    ' 20260101T000000Z',
  ]) {
    expect(parseDate(text)).toBeUndefined();
  }
});
