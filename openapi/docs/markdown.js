// Markdown of the contract as HTML: names of causes become links, tables can be stacked on narrow screens.
import { Marked } from 'marked';
import { html, raw } from './html.js';

/** An inline code of up to this many characters is never broken at the end of a line. */
const UNBROKEN_LENGTH = 34;

/**
 * A renderer for the contract's texts.
 * @param {ReadonlySet<string>} anchors ids of the page that an inline code with the same text links to
 */
export function markdownWith(anchors) {
  const marked = new Marked({
    renderer: {
      codespan: (text) => (anchors.has(text) ? `<a href="#${text}">${codeOf(text)}</a>` : codeOf(text)),
    },
  });

  /** One paragraph, such as a cell of a table. @param {string} text */
  const inline = (text) => raw(/** @type {string} */ (marked.parseInline(text)));

  /** @param {string} text @param {number} level the level that a heading `##` gets */
  function block(text, level = 2) {
    const parts = marked.lexer(text).map((token) => {
      if (token.type === 'heading') return headingOf(token.text, level + token.depth - 2);
      if (token.type === 'table') {
        const names = token.header.map((cell) => cell.text);
        return tableOf(
          names,
          token.rows.map((row) => row.map((cell) => inline(cell.text))),
        );
      }
      return raw(marked.parser([token]));
    });
    return html`${parts}`;
  }

  return { inline, block };
}

/** @param {string} text escaped already */
function codeOf(text) {
  return text.length <= UNBROKEN_LENGTH ? `<code class="unbroken">${text}</code>` : `<code>${text}</code>`;
}

/** A heading that can be linked to. @param {string} text @param {number} level */
export function headingOf(text, level, id = idOf(text)) {
  const tag = raw(`h${level}`);
  return html`<${tag} id="${id}"><a class="anchor" href="#${id}">${text}</a></${tag}>\n`;
}

/** @param {string} text */
export function idOf(text) {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

/**
 * A table whose cells name their column, for narrow screens.
 * @param {readonly string[]} names of the columns
 * @param {readonly (readonly unknown[])[]} rows
 * @param {readonly string[]} ids of the rows, if they have any
 */
export function tableOf(names, rows, ids = []) {
  const cell = (/** @type {unknown} */ content, /** @type {number} */ column) =>
    html`<td data-column="${names[column]}"><div>${content}</div></td>`;
  return html`<table>
<thead><tr>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${rows.map((row, index) => html`<tr${ids[index] && html` id="${ids[index]}"`}>${row.map(cell)}</tr>\n`)}</tbody>
</table>
`;
}
