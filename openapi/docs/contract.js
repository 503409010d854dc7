// Reads from the bundled contract what the page shows: causes with what to do, error codes, samples.
import { lexer } from 'marked';

/** @typedef {Record<string, any>} Json a parsed part of the contract */

/**
 * One cause of an error: a named example, with its row of the decision table.
 * @typedef {object} Cause
 * @property {string} name name of the example
 * @property {string} status
 * @property {string} code
 * @property {string} summary
 * @property {string} retry Markdown: whether a retry makes sense
 * @property {string} action Markdown: what to do
 * @property {Json} body
 */

/** Methods of a path item that are operations. */
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** Every operation with its path and method. */
export function operationsOf(/** @type {Json} */ contract) {
  return Object.entries(contract.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method] !== undefined).map((method) => ({
      path,
      method: method.toUpperCase(),
      operation: /** @type {Json} */ (item[method]),
      parameters: /** @type {Json[]} */ ([...(item.parameters ?? []), ...(item[method].parameters ?? [])]),
    })),
  );
}

/** The causes of one response, in the order of the contract. */
export function causesOf(/** @type {Json} */ operation, /** @type {string} */ status) {
  const examples = operation.responses[status].content?.['application/json']?.examples ?? {};
  const decisions = decisionsIn(operation.description);
  return Object.entries(examples).map(([name, example]) => causeOf(name, status, example, decisions));
}

/** The causes of answers that are sent before an operation is found. */
export function gatewayCausesOf(/** @type {Json} */ contract) {
  const decisions = decisionsIn(contract.info.description);
  return Object.entries(contract['x-gateway-responses']).map(([name, one]) =>
    causeOf(name, String(one.status), one, decisions),
  );
}

/**
 * @param {string} name
 * @param {string} status
 * @param {Json} example
 * @param {ReadonlyMap<string, {retry: string, action: string}>} decisions
 * @returns {Cause}
 * @throws {Error} if the decision table has no row for the cause
 */
function causeOf(name, status, { summary, value }, decisions) {
  const decision = decisions.get(name);
  if (decision === undefined) throw new Error(`openapi.yaml: no decision table has a row for the cause ${name}`);
  return { name, status, code: value.error_code, summary, body: value, ...decision };
}

/**
 * The rows of the decision tables in a description: what to do for each cause.
 * A decision table has the columns status, cause, retry and what to do; a row may have several causes.
 * @param {string} description Markdown
 * @returns {ReadonlyMap<string, {retry: string, action: string}>}
 */
function decisionsIn(description) {
  const rows = lexer(description).flatMap((token) =>
    token.type === 'table' && token.header[1]?.text === 'cause' ? token.rows : [],
  );
  return new Map(
    rows.flatMap(([, causes, retry, action]) =>
      [...causes.text.matchAll(/`(.+?)`/g)].map(([, name]) => [name, { retry: retry.text, action: action.text }]),
    ),
  );
}

/** Error codes with their causes, in the order of the contract. */
export function codesOf(/** @type {readonly Cause[]} */ causes) {
  const codes = [...new Set(causes.map(({ code }) => code))];
  return codes.map((code) => ({ code, causes: causes.filter((cause) => cause.code === code) }));
}
