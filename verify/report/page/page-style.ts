/** The page's style sheet. Light and dark by the reader's choice; on paper always light, and nothing folded away. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --text: #1b1f24; --quiet: #57606a; --line: #d0d7de; --raised: #f6f8fa;
  --verified: #116329; --violated: #b3141d; --unverified: #7d4e00; --link: #0550ae;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1117; --text: #e6edf3; --quiet: #9aa4af; --line: #343b44; --raised: #161b22;
    --verified: #4cc764; --violated: #ff7b72; --unverified: #e0a83a; --link: #79b8ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 1.5rem; background: var(--ground); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: 0.875em;
  overflow-wrap: anywhere; }
a { color: var(--link); }
h1, h2, h3, h4, p, li, dd { overflow-wrap: anywhere; }
header { border-left: 0.5rem solid var(--outcome); background: var(--raised); padding: 1rem 1.5rem; border-radius: 0.25rem; }
header.verified { --outcome: var(--verified); }
header.violated { --outcome: var(--violated); }
header.unverified { --outcome: var(--unverified); }
h1 { margin: 0.25rem 0 1rem; font-size: 1.75rem; line-height: 1.2; color: var(--outcome); }
h2 { margin: 2.5rem 0 0.75rem; font-size: 1.3rem; }
h3 { margin: 0; font-size: 1rem; }
h4 { margin: 1rem 0 0.5rem; font-size: 0.95rem; }
.kind { margin: 0; color: var(--quiet); }
.headline { margin: 0 0 0.75rem; }
.levels { max-width: 32rem; }
.where { color: var(--quiet); font-weight: 400; }
article { border: 1px solid var(--line); border-left: 0.25rem solid var(--violated); border-radius: 0.25rem;
  padding: 0.5rem 1rem; margin: 0.5rem 0; }
article p { margin: 0.25rem 0; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1rem; margin: 0 0 1rem; }
.facts dt { color: var(--quiet); }
.facts dd { margin: 0; }
.exchange { display: grid; grid-template-columns: 1fr 1fr; gap: 0.75rem 1rem; }
.exchange .wide { grid-column: 1 / -1; }
figure { margin: 0; min-width: 0; }
figcaption { color: var(--quiet); font-size: 0.875rem; margin-bottom: 0.25rem; }
pre { margin: 0; padding: 0.75rem; background: var(--raised); border: 1px solid var(--line); border-radius: 0.25rem;
  white-space: pre-wrap; font-size: 0.8125rem; line-height: 1.45; }
.curl { user-select: all; }
.nothing { margin: 0; font-style: italic; color: var(--quiet); }
details, .other { margin: 0.5rem 0; }
details > .exchange { margin: 0.5rem 0 1rem; }
summary { cursor: pointer; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; font-weight: 400; padding: 0.3rem 0.75rem; border-bottom: 1px solid var(--line); }
thead th { color: var(--quiet); font-size: 0.875rem; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
td.verified { color: var(--verified); }
td.violated { color: var(--violated); font-weight: 700; }
td.unverified { color: var(--unverified); font-weight: 700; }
td.none { color: var(--quiet); }
.open { border: 1px solid var(--line); border-left: 0.25rem solid var(--unverified); border-radius: 0.25rem;
  padding: 0.25rem 1.25rem; margin: 1rem 0; }
.open p { margin: 0.5rem 0; }
.open ul { padding-left: 1.25rem; margin: 0.5rem 0; }
footer { margin-top: 3rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: 0.875rem; }
@media (max-width: 42rem) {
  body { padding: 0.75rem; }
  .exchange { grid-template-columns: 1fr; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: 0.5rem; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 11pt; }
  article, tr, figure { break-inside: avoid; }
  h2, h3, h4 { break-after: avoid; }
  details::details-content { content-visibility: visible; display: block; block-size: auto; }
}
`;
