// Search in the page: lists the parts that contain every word, best first. Runs in the browser.
(() => {
  const MAX_RESULTS = 12;
  const query = document.getElementById('query');
  const results = document.getElementById('results');
  const found = document.getElementById('found');

  /** The rank of each kind of part: causes come before prose, and code samples last, unless their title matches. */
  const rankOf = ({ tagName }) => ({ ARTICLE: 0, SECTION: 3 })[tagName] ?? 2;

  /** Parts of the page: id, title, text, and rank. A part ends where the next one begins. */
  const parts = [];
  for (const element of document.querySelectorAll('main > *')) {
    const isHeading = /^H[1-6]$/.test(element.tagName);
    const heading = isHeading ? element : element.querySelector('h3[id], h4[id]');
    const id = element.id || heading?.id;
    const title = element.dataset.title ?? heading?.textContent;
    if (id && title) parts.push({ id, title, text: '', rank: rankOf(element) });
    const part = parts.at(-1);
    if (part) part.text += ` ${element.textContent.toLowerCase()}`;
    for (const row of element.querySelectorAll('tr[id]')) {
      parts.push({ id: row.id, title: row.id, text: row.textContent.toLowerCase(), rank: 2 });
    }
  }

  function search() {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = words.length === 0 ? [] : parts.filter(({ text }) => words.every((word) => text.includes(word)));
    const placeOf = ({ title, rank }) => rank - (words.some((word) => title.toLowerCase().includes(word)) ? 1.5 : 0);
    matches.sort((a, b) => placeOf(a) - placeOf(b));
    results.replaceChildren(
      ...matches.slice(0, MAX_RESULTS).map(({ id, title }) => {
        const link = document.createElement('a');
        link.href = `#${id}`;
        link.textContent = title;
        const item = document.createElement('li');
        item.append(link);
        return item;
      }),
    );
    found.textContent = words.length === 0 ? '' : `${matches.length} found`;
  }

  query.addEventListener('input', search);
  query.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') results.querySelector('a')?.click();
    if (event.key !== 'Escape') return;
    query.value = '';
    search();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.target === query) return;
    event.preventDefault();
    query.focus();
  });
  document.getElementById('search').hidden = false;
})();
