// What does not exist, answered as if it did, and paths and methods that are none of the operation's.
import { correct, json, tagsOf } from '../correct.ts';
import { answering, type Fault, withHeaders, without } from '../fault.ts';
import { matchPath } from '../path.ts';

export const notFoundFaults: readonly Fault[] = [
  {
    name: 'success-for-missing-tag',
    loss: 'a typo in a tag looks like a successful delete',
    caughtBy: ['not-found/tag', 'delete/twice'],
    change: without('tag-not-found'),
  },
  {
    name: 'ok-with-an-error-inside',
    loss: 'clients that read the status take a missing tag for deleted',
    caughtBy: ['not-found/tag'],
    change: answering(['tag-not-found'], (answer) => ({ ...answer, status: 200 })),
  },
  {
    name: 'conflict-for-missing-tag',
    loss: 'clients do not know the status, and retry or give up for the wrong reason',
    caughtBy: ['not-found/tag'],
    change: answering(['tag-not-found'], (answer) => ({ ...answer, status: 409 })),
  },
  {
    name: 'get-answered-with-200',
    loss: 'a crawler or a probe takes the path for a page',
    caughtBy: ['method/get'],
    change: {
      error: (name, requestId) =>
        name === 'method-not-allowed' ? json(200, requestId, {}) : correct.error(name, requestId),
    },
  },
  {
    name: 'every-method-deletes',
    loss: 'a GET by a link checker deletes images',
    caughtBy: ['method/get'],
    change: { isMethodKnown: () => true },
  },
  {
    name: 'allow-missing-on-405',
    loss: 'clients cannot find out which methods there are (RFC 9110, 15.5.6)',
    caughtBy: ['method/get'],
    change: answering(['method-not-allowed'], (answer) => withHeaders(answer, { Allow: undefined })),
  },
  {
    name: 'html-for-unknown-path',
    loss: 'a wrong path, as with a raw slash, gives an error that no client can read',
    caughtBy: ['path/unknown'],
    change: answering(['api-not-found'], ({ status }) => ({
      status,
      headers: { 'Content-Type': 'text/html', 'Content-Length': '9' },
      body: 'Not Found',
    })),
  },
  {
    name: 'raw-slash-accepted',
    loss: 'callers come to rely on paths that other providers refuse',
    caughtBy: ['path/raw-slash'],
    change: { match: (path) => matchPath(path, '.*') },
  },
  {
    name: 'trailing-slash-accepted',
    loss: 'callers come to rely on paths that other providers refuse',
    caughtBy: ['path/trailing-slash'],
    change: { match: (path) => matchPath(path.replace(/\/$/, '')) },
  },
  {
    name: 'path-in-any-case-accepted',
    loss: 'callers come to rely on paths that other providers refuse; rules of a proxy are bypassed',
    caughtBy: ['path/letters-case'],
    change: { match: (path) => matchPath(path, undefined, 'i') },
  },
  {
    name: 'dot-segments-resolved',
    loss: 'what a proxy has checked is not what is deleted',
    caughtBy: ['path/dot-segments'],
    change: { match: (path) => matchPath(new URL(`http://provider${path}`).pathname) },
  },
  {
    name: 'repository-gone-with-its-last-tag',
    loss: 'the next push or delete finds that the repository is gone',
    caughtBy: ['delete/after-the-last-tag'],
    change: {
      remove: async (call) => {
        await correct.remove(call);
        if (tagsOf(call)?.size === 0) call.world.tags.forget(call.image);
      },
    },
  },
];
