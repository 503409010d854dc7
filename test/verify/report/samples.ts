// Reports to look at: one with everything in it, and one from a provider that means harm.
import type { Exchange, Finding, Report } from '../../../verify/report/model.ts';

export const exchange = (parts: Partial<Exchange> = {}): Exchange => ({
  sent: 'DELETE /v2/manage/namespaces/group/repos/busybox/tags/v1 HTTP/1.1\r\nHost: partner.example:8080\r\nX-Auth-Token: $SWR_TOKEN\r\n\r\n',
  received:
    'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: 4f1c6f0c2f6e4f0d9a0b8f2f7d3c5e61\r\nContent-Length: 15\r\n\r\n{"deleted":"v1"}',
  curl: `curl -i -X DELETE -H "X-Auth-Token: $SWR_TOKEN" 'http://partner.example:8080/v2/manage/namespaces/group/repos/busybox/tags/v1'`,
  milliseconds: 12.4,
  ...parts,
});

export const finding = (parts: Partial<Finding> = {}): Finding => ({
  id: 'tag/ordinary',
  level: 'base',
  title: 'an ordinary tag',
  status: '204',
  cause: 'success',
  verdict: 'verified',
  violations: [],
  ...parts,
});

export const reportOf = (findings: readonly Finding[], parts: Partial<Report> = {}): Report => ({
  kind: 'provider',
  level: 'full',
  target: 'http://partner.example:8080',
  contract: { title: 'SWR tag delete', version: '1.0.0', file: 'openapi/openapi.yaml' },
  startedAt: new Date('2026-11-23T15:00:00Z'),
  seconds: 3.21,
  requests: 142,
  findings,
  ...parts,
});

const NO_REQUEST_ID = {
  rule: '#/components/responses/NotFound/headers/X-Request-Id',
  clause: 'Identifies the request (docs page: Responses)',
  message: 'The answer has no X-Request-Id header; it is required.',
};

/** A bit of everything: two things to mend, one of them in three cases. */
export const mixed = reportOf(
  [
    finding(),
    finding({ id: 'repository/dollar', title: '$ for /' }),
    finding({
      id: 'success/status',
      title: 'deleting an existing tag',
      verdict: 'violated',
      violations: [
        {
          rule: '#/paths/~1v2~1manage~1namespaces~1{namespace}~1repos~1{repository}~1tags~1{tag}/delete/responses',
          clause: 'Delete the image with a specified tag (docs page: Responses)',
          message:
            'The status is 200, which the contract does not declare; a deleted tag is answered 204 without content.',
          exchange: exchange(),
        },
      ],
    }),
    finding({ id: 'tag/too-long', title: 'a tag of 129 characters', status: '400', cause: 'invalid-tag' }),
    ...['tag', 'repository', 'organization'].map((what) =>
      finding({
        id: `absent/${what}`,
        title: `a missing ${what}`,
        status: '404',
        cause: `${what}-not-found`,
        verdict: 'violated',
        violations: [
          {
            ...NO_REQUEST_ID,
            exchange: exchange({
              received: 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n',
              curl: `curl -i -X DELETE 'http://partner.example:8080/absent-${what}'`,
            }),
          },
        ],
      }),
    ),
    finding({
      id: 'throttle/beyond',
      title: 'more requests than allowed',
      status: '429',
      cause: 'throttled',
      verdict: 'not-verified',
      reason: 'nothing was throttled during the run',
      fixture: 'provoke.429',
    }),
  ],
  { seed: 20261123, notes: ['Nothing was deleted but the tags of the fixtures.'] },
);

export const HOSTILE =
  '</pre><script>document.title="owned"</script><img src="http://127.0.0.1:9/x" onerror="document.title=\'owned\'">' +
  '\u001b]0;owned\u0007\u001b[2J\u009b31m\u0000\u0008\ufffe\ud800\u202eBACKWARDS\u2028]]><!-- $1 <%= 1 %> {{x}} &lt; \r\u007f';

/** Every text that could come from a provider, or from a changed contract, is hostile. */
export const hostile = reportOf(
  [
    finding({
      ...{ id: HOSTILE, title: HOSTILE, status: HOSTILE, cause: HOSTILE, verdict: 'violated' },
      violations: [
        {
          ...{ rule: HOSTILE, message: HOSTILE },
          exchange: { sent: HOSTILE, received: HOSTILE, curl: HOSTILE, milliseconds: 1 },
        },
        {
          ...{ rule: `${HOSTILE}2`, message: HOSTILE },
          exchange: { sent: HOSTILE, received: undefined, curl: HOSTILE, milliseconds: 1 },
        },
      ],
    }),
    finding({ id: HOSTILE, verdict: 'not-verified', title: HOSTILE, reason: HOSTILE, fixture: HOSTILE }),
  ],
  { target: HOSTILE, contract: { title: HOSTILE, version: HOSTILE, file: HOSTILE }, notes: [HOSTILE] },
);
