// What does not exist, answered as if it did, and paths and methods that are none of the operation's.
import { correct, json, tagsOf } from '../correct.ts';
import { answering, type Fault, withHeaders, without } from '../fault.ts';
import { matchPath } from '../path.ts';

export const notFoundFaults: readonly Fault[] = [
  {
    name: 'success-for-missing-tag',
    loss: 'a typo in a tag looks like a delete that was done',
    caughtBy: [],
    change: without('tag-not-found'),
  },
  {
    name: 'success-for-missing-repository',
    loss: 'a typo in a repository looks like a delete that was done',
    caughtBy: [],
    change: without('repository-not-found', 'tag-not-found'),
  },
  {
    name: 'ok-with-an-error-inside',
    loss: 'clients that go by the status take a missing tag for deleted',
    caughtBy: [],
    change: answering(['tag-not-found'], (answer) => ({ ...answer, status: 200 })),
  },
  {
    name: 'conflict-for-missing-tag',
    loss: 'clients do not know the status, and retry or give up for the wrong reason',
    caughtBy: [],
    change: answering(['tag-not-found'], (answer) => ({ ...answer, status: 409 })),
  },
  {
    name: 'missing-tag-as-forbidden',
    loss: 'callers ask the operator for rights that they have',
    caughtBy: [],
    change: {
      error: (name, ...rest) => correct.error(name === 'tag-not-found' ? 'namespace-not-permitted' : name, ...rest),
    },
  },
  {
    name: 'get-answered-with-200',
    loss: 'a crawler or a probe takes the path for a page',
    caughtBy: [],
    change: {
      error: (name, requestId) =>
        name === 'method-not-allowed' ? json(200, requestId, {}) : correct.error(name, requestId),
    },
  },
  {
    name: 'every-method-deletes',
    loss: 'a GET by a link checker deletes images',
    caughtBy: [],
    change: { isMethodKnown: () => true },
  },
  {
    name: 'allow-missing-on-405',
    loss: 'clients cannot find out which methods there are (RFC 9110, 15.5.6)',
    caughtBy: [],
    change: answering(['method-not-allowed'], (answer) => withHeaders(answer, { Allow: undefined })),
  },
  {
    name: 'other-methods-as-404',
    loss: 'callers look for the error in the path',
    caughtBy: [],
    change: {
      error: (name, ...rest) => correct.error(name === 'method-not-allowed' ? 'api-not-found' : name, ...rest),
    },
  },
  {
    name: 'html-for-unknown-path',
    loss: 'a wrong path, as with a raw slash, gives an error that no client can read',
    caughtBy: [],
    change: answering(['api-not-found'], ({ status }) => ({
      status,
      headers: { 'Content-Type': 'text/html', 'Content-Length': '9' },
      body: 'Not Found',
    })),
  },
  {
    name: 'raw-slash-accepted',
    loss: 'callers come to rely on paths that other providers refuse',
    caughtBy: [],
    change: { match: (path) => matchPath(path, '.*') },
  },
  {
    name: 'trailing-slash-accepted',
    loss: 'callers come to rely on paths that other providers refuse',
    caughtBy: [],
    change: { match: (path) => matchPath(path.replace(/\/$/, '')) },
  },
  {
    name: 'path-in-any-case-accepted',
    loss: 'callers come to rely on paths that other providers refuse; rules of a proxy are passed by',
    caughtBy: [],
    change: { match: (path) => matchPath(path, undefined, 'i') },
  },
  {
    name: 'dot-segments-resolved',
    loss: 'a name of dots reaches another path than the one that was checked',
    caughtBy: [],
    change: { match: (path) => matchPath(new URL(`http://provider${path}`).pathname) },
  },
  {
    name: 'repository-gone-with-its-last-tag',
    loss: 'the next push or delete meets a repository that is no more',
    caughtBy: [],
    change: {
      remove: async (call) => {
        await correct.remove(call);
        if (tagsOf(call)?.size === 0) call.world.tags.forget(call.image);
      },
    },
  },
];
