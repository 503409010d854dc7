// Mends Redoc's page, which has no options for this: its links must work from a file, and it must load nothing.

/** Redoc 3.0.1 calls `createBrowserHistory` and `createHashHistory` of React Router in this form, in this order. */
const HISTORIES = /(?<=\.current\?\?=)(\w+)(?=\(\{window:\w+,v5Compat:!0\}\))/g;

/** Shown at the foot of the page, from a CDN. Redoc leaves out an image that does not load. */
const LOGOS = /https:\/\/cdn\.redoc\.ly\/redoc\/logo-mini(?:-full)?\.svg/g;

const APP = '<div id="redoc">';

/**
 * Turns links such as `/section/errors`, which no server knows, into `#/section/errors`.
 * @param {string} html what `redocly build-docs --inlineBundle` writes
 * @throws {Error} if Redoc has changed, so that this file must change too
 */
export function mendRedoc(html) {
  const [browser, hash, ...others] = [...html.matchAll(HISTORIES)].map(([name]) => name);
  const [head, ...rest] = html.split(APP);
  if (browser === undefined || hash === undefined || others.length > 0 || rest.length !== 1) {
    throw new Error('Redoc has changed: openapi/docs/redoc.js does not find its router');
  }
  const [prerendered, ...scripts] = rest[0].split('<script');
  const linked = [prerendered.replaceAll('href="/', 'href="#/'), ...scripts].join('<script');
  return [head, linked].join(APP).replace(HISTORIES, hash).replaceAll(LOGOS, 'data:,');
}
