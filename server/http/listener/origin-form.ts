// What stands in front of Express: it answers by itself, with a page of its own, what it cannot route.
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Express } from 'express';

/** A character that makes Express's parser take a path for a URL, and `//x@y` for a host that it may not understand. */
const UNUSUAL = /[^!"$-~]/g;

/**
 * An app that is given nothing but paths. The absolute form (`DELETE http://host/path`, RFC 9112, 3.2.2) loses scheme and
 * authority, which may hold a password; a character that no request target may have is percent-encoded, which no name
 * allows either. `originalUrl` keeps it as it was sent: that is what a signature covers.
 */
export function withRoutableTarget(app: Express): RequestListener {
  return (request: IncomingMessage & { originalUrl?: string }, response) => {
    const target = originForm(request.url ?? '');
    request.originalUrl = target;
    request.url = target.replace(UNUSUAL, encodeURIComponent);
    app(request, response);
  };
}

function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const rest = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return rest.startsWith('/') ? rest : `/${rest}`;
}
