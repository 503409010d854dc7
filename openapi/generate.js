#!/usr/bin/env node
// Writes generated/ from the contract: `npm run generate`. With --check it only compares, and exits 1 on drift.
// Only this file uses openapi-typescript, which gets no more updates (its issue 2874), so a successor can replace it here.
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';
import { parse } from 'yaml';

const contractFile = new URL('openapi.yaml', import.meta.url);
const header = '// Written by `npm run generate` from openapi/openapi.yaml. Do not edit.\n\n';

/** @typedef {Record<string, any>} Json a parsed part of the contract */

/** Types of all paths, schemas and responses. */
async function typesOf(/** @type {URL} */ contract) {
  const ast = await openapiTS(contract, { alphabetize: true, immutable: true, rootTypes: true });
  return header + astToString(ast);
}

/** Follows a local reference, such as `#/components/parameters/Tag`. */
function resolve(/** @type {Json} */ contract, /** @type {Json} */ node) {
  if (typeof node.$ref !== 'string') return node;
  const steps = node.$ref.replace(/^#\//, '').split('/');
  return steps.reduce((/** @type {Json} */ at, step) => at[step.replaceAll('~1', '/').replaceAll('~0', '~')], contract);
}

/** What callers and handlers need of an operation at run time: method, path, and the rules for its path parameters. */
function operationOf(/** @type {Json} */ contract, /** @type {string} */ path, /** @type {string} */ method) {
  const item = contract.paths[path];
  const parameters = [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map((node) =>
    resolve(contract, node),
  );
  const pathParameters = parameters
    .filter((parameter) => parameter.in === 'path')
    .map(({ name, example, schema: { pattern, minLength, maxLength } }) => [
      name,
      { pattern, minLength, maxLength, example },
    ]);
  return { method: method.toUpperCase(), path, parameters: Object.fromEntries(pathParameters) };
}

/** The parts of an example's body. The server adds its own request id. @param headers headers with a fixed value */
function errorOf(/** @type {number} */ status, /** @type {Json} */ { value }, headers = {}) {
  return { status, code: value.error_code, message: value.error_msg, detail: value.errors[0].detail, headers };
}

/** Headers of a response that have a fixed value (`const`), with that value. */
function fixedHeaders(/** @type {Json} */ contract, /** @type {Json} */ response) {
  const headers = Object.entries(response.headers ?? {}).map(([name, node]) => [
    name,
    resolve(contract, node).schema.const,
  ]);
  return Object.fromEntries(headers.filter(([, value]) => value !== undefined));
}

/** Adds a value under a name. @throws Error if the contract defines the name twice with different values */
function merge(/** @type {Json} */ into, /** @type {string} */ name, /** @type {Json} */ value) {
  if (name in into && JSON.stringify(into[name]) !== JSON.stringify(value)) {
    throw new Error(`openapi.yaml: '${name}' is defined twice with different contents`);
  }
  into[name] = value;
}

/** The contract's constants, so that no code repeats them. */
async function constantsOf(/** @type {URL} */ file) {
  const contract = parse(await readFile(file, 'utf8'));
  /** @type {Json} */ const operations = {};
  /** @type {Json} */ const errors = {};
  /** @type {Json} */ const sentAs = {};
  for (const [path, item] of Object.entries(contract.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      if (!operation.operationId) continue;
      operations[operation.operationId] = operationOf(contract, path, method);
      for (const rule of operation['x-rules'] ?? []) {
        if (rule.sentAs) merge(sentAs, rule.parameter, { character: rule.character, sentAs: rule.sentAs });
      }
      for (const [status, node] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue;
        const response = resolve(contract, node);
        const examples = response.content?.['application/json']?.examples ?? {};
        for (const [name, example] of Object.entries(examples)) {
          merge(errors, name, errorOf(Number(status), example, fixedHeaders(contract, response)));
        }
      }
    }
  }
  const gatewayErrors = Object.entries(contract['x-gateway-responses']).map(([name, one]) => [
    name,
    errorOf(one.status, one),
  ]);
  const { securitySchemes, headers } = contract.components;
  const authToken = { header: securitySchemes.AuthToken.name, maxLength: securitySchemes.AuthToken['x-max-length'] };
  const constants = {
    operations,
    errors,
    gatewayErrors: Object.fromEntries(gatewayErrors),
    sentAs,
    authToken,
    requestSignature: { maxClockSkewSeconds: securitySchemes.RequestSignature['x-max-clock-skew-seconds'] },
    requestId: { pattern: headers.RequestId.schema.pattern },
  };
  const lines = Object.entries(constants).map(
    ([name, value]) => `export const ${name} = ${JSON.stringify(value, null, 2)} as const;\n`,
  );
  return header + lines.join('\n');
}

/** Every generated file with its text. */
const generated = {
  'api.ts': await typesOf(contractFile),
  'contract.ts': await constantsOf(contractFile),
};

for (const [name, text] of Object.entries(generated)) {
  const file = new URL(`../generated/${name}`, import.meta.url);
  if (!process.argv.includes('--check')) {
    await writeFile(file, text);
  } else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    console.error(`generated/${name} does not match the contract: run \`npm run generate\` and commit the result`);
    process.exitCode = 1;
  }
}
