// The page around the reference: one file without anything from elsewhere.
import { readFileSync } from 'node:fs';
import { html, raw } from './html.js';

const beside = (/** @type {string} */ name) => readFileSync(new URL(name, import.meta.url), 'utf8').trim();

/** @param {ReturnType<typeof import('./reference.js').referenceOf>} reference */
export function pageOf({ title, version, summary, navigation, content }) {
  return String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="${summary}">
<link rel="icon" href="data:,">
<style>${raw(beside('page.css'))}</style>
</head>
<body>
<header>
<h1>${title} <small>${version}</small></h1>
<p>${summary}</p>
<p><a href="openapi.yaml">openapi.yaml</a> · <a href="redoc.html">interactive view</a></p>
</header>
<nav aria-label="Contents">
<div id="search" role="search" hidden>
<label for="query">Search</label>
<input id="query" type="search" placeholder="4040115, team/app, retry" autocomplete="off" spellcheck="false">
<p id="found" role="status"></p>
<ul id="results"></ul>
</div>
${navigation}
</nav>
<main>
${content}
</main>
<script>${raw(beside('search.js'))}</script>
</body>
</html>
`);
}
