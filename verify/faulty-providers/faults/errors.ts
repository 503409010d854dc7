// Errors that do not look as the contract says, or say something else than they mean.
import { errors } from '../../../generated/contract.ts';
import { correct } from '../correct.ts';
import { answering, type Content, type Fault, withContent, withHeaders } from '../fault.ts';

const changedContent = (change: (content: Content) => unknown) =>
  answering('every error', (answer) => withContent(answer, change));

const changedHeaders = (change: Readonly<Record<string, string | undefined>>) =>
  answering('every error', (answer) => withHeaders(answer, change));

const HTML = '<html><body><h1>Error</h1></body></html>';

export const errorFaults: readonly Fault[] = [
  {
    name: 'request-id-field-missing',
    loss: 'an error cannot be found in the logs by its body',
    caughtBy: ['not-found/tag'],
    change: changedContent(({ request_id: _, ...content }) => content),
  },
  {
    name: 'only-the-older-format',
    loss: 'the official SDKs show an error without code and message',
    caughtBy: ['not-found/tag'],
    change: changedContent(({ errors: list, request_id }) => ({ errors: list, request_id })),
  },
  {
    name: 'empty-list-of-errors',
    loss: 'older tools, which read errors[0], crash',
    caughtBy: ['not-found/tag'],
    change: changedContent((content) => ({ ...content, errors: [] })),
  },
  {
    name: 'null-body',
    loss: 'the vendor’s Node SDK throws a TypeError in place of the error',
    caughtBy: ['not-found/tag'],
    change: changedContent(() => null),
  },
  {
    name: 'truncated-json',
    loss: 'no client can read the error',
    caughtBy: ['not-found/tag'],
    change: answering('every error', (answer) =>
      withHeaders({ ...answer, body: answer.body.slice(0, -1) }, { 'Content-Length': String(answer.body.length - 1) }),
    ),
  },
  {
    name: 'text-plain-errors',
    loss: 'a client that goes by the content type does not parse the error',
    caughtBy: ['not-found/tag'],
    change: changedHeaders({ 'Content-Type': 'text/plain' }),
  },
  {
    name: 'html-404',
    loss: 'a missing tag looks like a broken gateway',
    caughtBy: ['not-found/tag'],
    change: answering(['tag-not-found'], (answer) =>
      withHeaders({ ...answer, body: HTML }, { 'Content-Type': 'text/html', 'Content-Length': String(HTML.length) }),
    ),
  },
  {
    name: 'code-contradicts-status',
    loss: 'scripts that read the code mistake a missing tag for a missing right',
    caughtBy: ['not-found/tag'],
    change: answering(['tag-not-found'], (answer) =>
      withContent(answer, ({ errors: [first], ...content }) => ({
        ...content,
        errors: [{ ...first, errorCode: errors['namespace-not-permitted'].code }],
        error_code: errors['namespace-not-permitted'].code,
      })),
    ),
  },
  {
    name: 'code-of-another-cause',
    loss: 'scripts look for a missing organization although only the tag is missing',
    caughtBy: ['not-found/tag'],
    change: {
      error: (name, ...rest) => correct.error(name === 'tag-not-found' ? 'organization-not-found' : name, ...rest),
    },
  },
  {
    name: 'code-of-another-form',
    loss: 'scripts do not know the code',
    caughtBy: ['not-found/tag'],
    change: changedContent((content) => ({
      ...content,
      errors: content.errors.map((one) => ({ ...one, errorCode: 'NOT_FOUND' })),
      error_code: 'NOT_FOUND',
    })),
  },
  {
    name: 'formats-contradict-each-other',
    loss: 'old and new tools report different errors for the same answer',
    caughtBy: ['not-found/tag'],
    change: changedContent((content) => ({
      ...content,
      errors: content.errors.map((one) => ({ ...one, errorCode: errors['storage-failure'].code })),
    })),
  },
  {
    name: 'request-id-header-missing',
    loss: 'the SDKs, which read the header, show no request id',
    caughtBy: ['not-found/tag'],
    change: changedHeaders({ 'X-Request-Id': undefined }),
  },
  {
    name: 'request-id-not-echoed',
    loss: 'a caller’s own id is in no log: calls cannot be followed through systems',
    caughtBy: ['request-id/kept'],
    change: { requestId: () => correct.requestId(undefined) },
  },
  {
    name: 'request-id-differs-in-body',
    loss: 'the id in the error finds nothing in the logs',
    caughtBy: ['not-found/tag'],
    change: changedContent((content) => ({ ...content, request_id: 'another' })),
  },
  {
    name: 'request-id-of-another-form',
    loss: 'log search by the contract’s pattern finds nothing',
    caughtBy: ['not-found/tag'],
    change: { requestId: (incoming) => `{${correct.requestId(incoming)}}` },
  },
  {
    name: 'any-request-id-echoed',
    loss: 'a caller writes what it likes into the logs',
    caughtBy: ['request-id/illegal'],
    change: { requestId: (incoming) => incoming ?? correct.requestId(undefined) },
  },
  {
    name: 'challenge-of-another-scheme',
    loss: 'browsers ask for a password, clients try the wrong scheme',
    caughtBy: ['authentication/none'],
    change: answering(['missing-credentials', 'unknown-token'], (answer) =>
      withHeaders(answer, { 'WWW-Authenticate': 'Basic realm="registry"' }),
    ),
  },
  {
    name: 'retry-after-missing',
    loss: 'throttled clients retry at once, or never',
    caughtBy: ['provoke/throttled'],
    change: answering(['throttled'], (answer) => withHeaders(answer, { 'Retry-After': undefined })),
  },
  {
    name: 'retry-after-zero',
    loss: 'throttled clients retry at once, and stay throttled',
    caughtBy: ['provoke/throttled'],
    change: answering(['throttled'], (answer) => withHeaders(answer, { 'Retry-After': '0' })),
  },
  {
    name: 'throttled-as-503',
    loss: 'clients take a limit for an outage, and alarms go off',
    caughtBy: ['provoke/throttled'],
    change: answering(['throttled'], (answer) => ({ ...answer, status: 503 })),
  },
  {
    name: 'storage-failure-as-success',
    loss: 'a tag that is still there counts as deleted',
    caughtBy: ['provoke/storage-failure'],
    change: { rules: correct.rules.filter(({ refuses }) => refuses !== 'storage-failure') },
  },
];
