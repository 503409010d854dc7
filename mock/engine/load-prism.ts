import { createRequire, Module } from 'node:module';

/** Prism's engine, without its server. */
export type Prism = typeof import('@stoplight/prism-http');

const require = createRequire(import.meta.url);

/**
 * Loads Prism on the first call, so that usage errors do not wait for it. An empty module replaces Faker: Prism passes
 * Faker to its generator of random answers, which the mock never uses, and loading Faker's 60 languages takes as long as
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
