// The whole contract as static HTML: it needs no JavaScript, prints completely, and is found by Ctrl-F.
import { causesOf, codesOf, gatewayCausesOf, operationsOf } from './contract.js';
import { html, raw } from './html.js';
import { headingOf, idOf, markdownWith, tableOf } from './markdown.js';

/** @typedef {import('./contract.js').Json} Json */
/** @typedef {import('./contract.js').Cause} Cause */

/** Headings inside an operation. */
const OPERATION_PARTS = ['Parameters', 'Authentication schemes', 'Samples'];

/** @param {unknown} text */
const code = (text) => html`<code>${text}</code>`;

/** A text with places where a line may end: behind each `/`, and before each `.name`. */
function breakable(/** @type {string} */ text) {
  return text.split(/(?<=\/)|(?<=[\w)])(?=\.[A-Za-z])/).map((part, index) => html`${index > 0 && raw('<wbr>')}${part}`);
}

/**
 * Renders a contract.
 * @param {Json} contract bundled and dereferenced
 * @returns {{title: string, version: string, summary: string, navigation: unknown, content: unknown}}
 */
export function referenceOf(contract) {
  const operations = operationsOf(contract);
  const responses = responsesOf(operations.map(({ operation }) => operation));
  const gateway = gatewayCausesOf(contract);
  const causes = [...responses.flatMap((one) => one.causes), ...gateway];
  const { inline, block } = markdownWith(new Set(causes.map(({ name }) => name)));
  const { title, version, summary, description } = contract.info;
  const [about, outside] = splitOf(description);

  const content = html`
${block(about)}
${operations.map((one) => operationSection(one, contract, { inline, block }))}
${headingOf('Responses', 2)}
${responses.map((one) => responseSection(one, inline))}
${block(outside)}
${gateway.map((cause) => causeArticle(cause, inline, 3))}
${headingOf('Error codes', 2)}
${codeTable(causes)}
${headingOf('Error body', 2)}
${block(contract.components.schemas.Error.description)}
${tableOf(['field', 'type', 'description'], fieldRows(contract.components.schemas.Error, inline))}
${headingOf('Servers', 2)}
${tableOf(['URL', 'description', 'variables'], contract.servers.map(serverRow(inline)))}
`;
  const sections = [
    ...headingsIn(about).map(sectionOf),
    ...operations.flatMap(({ operation }) => [
      { id: idOf(operation.summary), title: operation.summary },
      ...OPERATION_PARTS.map((title) => ({ id: partId(operation, title), title })),
    ]),
    ...['Responses', ...headingsIn(outside), 'Error codes', 'Error body', 'Servers'].map(sectionOf),
  ];
  const navigation = html`<ul>
${sections.map(({ id, title: heading }) => html`<li><a href="#${id}">${heading}</a></li>\n`)}</ul>
<h2>Error codes</h2>
<ul>
${codesOf(causes).map(({ code: one }) => html`<li><a href="#${one}">${one}</a></li>\n`)}</ul>`;
  return { title, version, summary, navigation, content };
}

/** @param {string} title */
const sectionOf = (title) => ({ id: idOf(title), title });

/** The id of a part of an operation, other than that of the same part of another one. */
function partId(/** @type {Json} */ operation, /** @type {string} */ title) {
  return `${idOf(title)}-${operation.operationId}`;
}

/** The responses of all operations, each status and each cause once: operations share them. */
function responsesOf(/** @type {readonly Json[]} */ operations) {
  const byStatus = new Map();
  for (const operation of operations) {
    for (const [status, response] of Object.entries(operation.responses)) {
      const known = byStatus.get(status) ?? { status, response, causes: [] };
      const isNew = (/** @type {Cause} */ { name }) =>
        !known.causes.some((/** @type {Cause} */ one) => one.name === name);
      known.causes.push(...causesOf(operation, status).filter(isNew));
      byStatus.set(status, known);
    }
  }
  return [...byStatus.values()].toSorted((a, b) => Number(a.status) - Number(b.status));
}

/** The description of the contract, split before the section with the decision table of the gateway's responses. */
function splitOf(/** @type {string} */ description) {
  const sections = description.split(/^(?=## )/m);
  const isOutside = (/** @type {string} */ section) => /^\| status \| cause \|/m.test(section);
  return [sections.filter((one) => !isOutside(one)).join(''), sections.filter(isOutside).join('')];
}

/** @param {string} markdown */
const headingsIn = (markdown) => [...markdown.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);

/** @param {(text: string) => unknown} inline */
const serverRow = (inline) => (/** @type {Json} */ server) => {
  const variables = Object.entries(/** @type {Json} */ (server.variables ?? {})).map(
    ([name, one]) => html`<div>${code(`{${name}}`)}: ${one.description}, for example ${code(one.default)}</div>`,
  );
  return [code(server.url), inline(server.description ?? ''), variables.length > 0 ? variables : '–'];
};

function operationSection(
  /** @type {ReturnType<typeof operationsOf>[number]} */ { path, method, operation, parameters },
  /** @type {Json} */ contract,
  /** @type {ReturnType<typeof markdownWith>} */ { inline, block },
) {
  return html`
${headingOf(operation.summary, 2)}
<p class="request"><code><b>${method}</b> ${breakable(path)}</code></p>
${block(operation.description, 3)}
${headingOf('Parameters', 3, partId(operation, 'Parameters'))}
${tableOf(
  ['name', 'in', 'description', 'pattern', 'length', 'example'],
  parameters.map(({ name, in: where, required, description, schema, example }) => [
    html`${code(name)}${required && ' (required)'}`,
    where,
    inline(description),
    code(schema.pattern),
    `${schema.minLength} to ${schema.maxLength}`,
    code(example),
  ]),
)}
${headingOf('Authentication schemes', 3, partId(operation, 'Authentication schemes'))}
${tableOf(
  ['scheme', 'header', 'description'],
  Object.entries(contract.components.securitySchemes).map(([name, scheme]) => [
    code(name),
    code(scheme.name),
    inline(scheme.description),
  ]),
)}
${headingOf('Samples', 3, partId(operation, 'Samples'))}
${(operation['x-codeSamples'] ?? []).map(
  (/** @type {Json} */ { label, source }) => html`<section class="sample" data-title="${label}">
${headingOf(label, 4, `sample-${idOf(label)}-${operation.operationId}`)}
${preOf(source.trimEnd(), label)}
</section>
`,
)}`;
}

function responseSection(
  /** @type {{status: string, response: Json, causes: readonly Cause[]}} */ { status, response, causes },
  /** @type {(text: string) => unknown} */ inline,
) {
  const headers = Object.entries(response.headers ?? {}).map(([name, header]) => [
    code(name),
    inline(header.description),
    code(header.example),
  ]);
  return html`
${headingOf(status, 3, `status-${status}`)}
<p>${inline(response.description)}</p>
${headers.length > 0 && tableOf(['header', 'description', 'example'], headers)}
${causes.map((cause) => causeArticle(cause, inline, 4))}`;
}

function causeArticle(
  /** @type {Cause} */ cause,
  /** @type {(text: string) => unknown} */ inline,
  /** @type {number} */ level,
) {
  const { name, status, code: errorCode, summary, retry, action, body } = cause;
  return html`<article data-title="${status} ${name}">
${headingOf(`${status} ${name}`, level, name)}<p>${summary}.</p>
<dl>
<dt>error_code</dt><dd><a href="#${errorCode}"><code class="unbroken">${errorCode}</code></a></dd>
<dt>retry?</dt><dd>${inline(retry)}</dd>
<dt>what to do</dt><dd>${inline(action)}</dd>
</dl>
${preOf(JSON.stringify(body, null, 2), `Body of ${name}`)}
</article>
`;
}

/** Text that keeps its lines; the keyboard reaches it, should it ever have to scroll. */
function preOf(/** @type {string} */ text, /** @type {string} */ label) {
  return html`<pre tabindex="0" role="region" aria-label="${label}"><code>${breakable(text)}</code></pre>`;
}

function codeTable(/** @type {readonly Cause[]} */ causes) {
  const codes = codesOf(causes);
  return tableOf(
    ['error_code', 'causes'],
    codes.map((one) => [
      html`<a href="#${one.code}"><code class="unbroken">${one.code}</code></a>`,
      one.causes.map(
        ({ name, status }) => html`<div><a href="#${name}"><code class="unbroken">${status} ${name}</code></a></div>`,
      ),
    ]),
    codes.map((one) => one.code),
  );
}

/** Fields of an object with the fields inside them, each by its path. @returns {unknown[][]} */
function fieldRows(/** @type {Json} */ schema, /** @type {(text: string) => unknown} */ inline, path = '') {
  return Object.entries(/** @type {Json} */ (schema.properties)).flatMap(([name, field]) => {
    const at = `${path}${name}`;
    const row = [code(at), field.type, inline(field.description ?? '')];
    return field.items ? [row, ...fieldRows(field.items, inline, `${at}[].`)] : [row];
  });
}
