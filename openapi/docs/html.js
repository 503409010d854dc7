// HTML as tagged templates: every inserted text is escaped, unless it is HTML already.

/** A piece of HTML that is inserted as it is. */
class Html {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
  toString() {
    return this.text;
  }
}

/** @param {string} text HTML that is safe already, such as the output of the Markdown renderer */
export const raw = (text) => new Html(text);

/** @param {unknown} value */
function escaped(value) {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(escaped).join('');
  if (value === undefined || value === null || value === false) return '';
  return String(value)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/**
 * Builds HTML. Lists are joined; undefined, null and false insert nothing.
 * @param {TemplateStringsArray} strings
 * @param {unknown[]} values
 */
export function html(strings, ...values) {
  return new Html(strings.map((text, index) => text + escaped(values[index])).join(''));
}
