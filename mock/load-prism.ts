import { createRequire, Module } from 'node:module';

/** Prism's engine, without its server. */
export type Prism = typeof import('@stoplight/prism-http');

const require = createRequire(import.meta.url);

/**
 * Loads Prism when it is needed: the usage errors of a command line do not wait for it. Faker stays out. Prism hands it
 * to the generator of random answers, which is never asked here, and to load its 60 languages takes as long as
 * everything else together.
 */
export function loadPrism(): Prism {
  const faker = createRequire(require.resolve('@stoplight/prism-http')).resolve('@faker-js/faker');
  if (require.cache[faker] === undefined) {
    const noFaker = new Module(faker);
    noFaker.exports = { default: {} };
    noFaker.loaded = true;
    require.cache[faker] = noFaker;
  }
  return require('@stoplight/prism-http') as Prism;
}
