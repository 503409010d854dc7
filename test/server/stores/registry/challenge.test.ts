import { expect, it } from 'vitest';
import { parseChallenges } from '../../../../server/stores/registry/api/access/challenge.ts';

const read = (header: string | string[] | undefined) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

it.each([
  [undefined, []],
  ['', []],
  ['Basic realm="test"', [['basic', { realm: 'test' }]]],
  ['BASIC REALM=test', [['basic', { realm: 'test' }]]],
  ['Negotiate', [['negotiate', {}]]],
  [
    'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"',
    [
      [
        'bearer',
        { realm: 'https://auth.example/token', service: 'registry.example', scope: 'repository:a/b:pull,push' },
      ],
    ],
  ],
  [
    'Negotiate, Basic realm="a, \\"b\\"" , charset = "UTF-8", Bearer realm=x',
    [
      ['negotiate', {}],
      ['basic', { realm: 'a, "b"', charset: 'UTF-8' }],
      ['bearer', { realm: 'x' }],
    ],
  ],
  [
    ['Basic realm="a"', 'Bearer realm="b"'],
    [
      ['basic', { realm: 'a' }],
      ['bearer', { realm: 'b' }],
    ],
  ],
  ['Bearer realm="never closed', [['bearer', {}]]],
  ['="x" Basic realm="a"', []],
])('The header %j is parsed as RFC 9110 says', (header, challenges) => {
  expect(read(header)).toEqual(challenges);
});

it('A long invalid header is parsed in linear time', () => {
  expect(read(`Bearer ${'a="\\'.repeat(8_000)}`)).toBeDefined();
});
