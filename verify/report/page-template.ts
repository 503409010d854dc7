/** The page, for Eta: `<%= %>` escapes; the one `<%~ %>` is our own style sheet. */
export const pageTemplate = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="<%= it.policy %>">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title><%= it.line(it.headline + ' – ' + it.report.kind + ' check of ' + it.report.target) %></title>
<style><%~ it.style %></style>
</head>
<body>
<% const exchange = (one) => { %>
<div class="exchange">
<figure><figcaption>Sent</figcaption><pre><%= it.block(one.sent) %></pre></figure>
<figure><figcaption>Received after <%= Math.round(one.milliseconds) %> ms</figcaption>
<% if (one.received === undefined) { %><p class="nothing">nothing</p><% } else { %><pre><%= it.block(one.received) %></pre><% } %></figure>
<figure class="wide"><figcaption>Repeat it</figcaption><pre class="curl"><%= it.line(one.curl) %></pre></figure>
</div>
<% } %>
<% const details = ({ found, seenWith }) => { %><% if (found !== undefined) { %> <span class="where"><%= it.line(found) %></span><% } %><% if (seenWith !== undefined) { %> <span class="where">with <%= it.line(seenWith) %></span><% } %><% } %>
<header class="<%= it.outcome %>">
<p class="kind"><%= it.report.kind === 'provider' ? 'Provider check of' : 'Consumer check before' %> <code><%= it.line(it.report.target) %></code></p>
<h1><%= it.headline %></h1>
<dl class="counts">
<div class="<%= it.counts.violated === 0 ? 'none' : 'violated' %>"><dt>violated</dt><dd><%= it.counts.violated %></dd></div>
<div class="<%= it.counts['not-verified'] === 0 ? 'none' : 'unverified' %>"><dt>not verified</dt><dd><%= it.counts['not-verified'] %></dd></div>
<div class="<%= it.counts.verified === 0 ? 'none' : 'verified' %>"><dt>verified</dt><dd><%= it.counts.verified %></dd></div>
</dl>
</header>
<main>
<% if (it.problems.length > 0) { %>
<section aria-labelledby="mend">
<h2 id="mend">What to mend</h2>
<ol class="summary">
<% it.problems.forEach((problem, index) => { %>
<li><a href="#problem-<%= index + 1 %>"><%= it.line(problem.message) %></a> <span class="where"><% if (it.report.kind === 'consumer') { %>the <%= problem.party %>’s, <% } %><%= it.plural(problem.occurrences.length, 'case') %></span></li>
<% }) %>
</ol>
<% it.problems.forEach((problem, index) => { const [first, ...others] = problem.occurrences; %>
<article id="problem-<%= index + 1 %>">
<h3><span class="number"><%= index + 1 %></span> <%= it.line(problem.message) %></h3>
<dl class="facts">
<% if (it.report.kind === 'consumer') { %><dt>At fault</dt><dd>the <%= problem.party %></dd><% } %>
<dt>Rule</dt><dd><code><%= it.line(problem.rule) %></code></dd>
<dt>Case</dt><dd><code><%= it.line(first.finding.id) %></code> <%= it.line(first.finding.title) %><% if (first.times > 1) { %>, seen <%= first.times %> times<% } %></dd>
<% if (first.found !== undefined) { %><dt>Found</dt><dd><%= it.line(first.found) %></dd><% } %>
<% if (first.seenWith !== undefined) { %><dt>Seen with</dt><dd><%= it.line(first.seenWith) %></dd><% } %>
</dl>
<% if (first.exchange !== undefined) exchange(first.exchange) %>
<% if (others.length > 0) { %>
<h4>The same in <%= it.plural(others.length, 'more case') %></h4>
<% others.forEach((other) => { const name = other.times > 1 ? other.finding.title + ', seen ' + other.times + ' times' : other.finding.title; %>
<% if (other.exchange === undefined) { %>
<p class="other"><code><%= it.line(other.finding.id) %></code> <%= it.line(name) %><% details(other) %></p>
<% } else { %>
<details><summary><code><%= it.line(other.finding.id) %></code> <%= it.line(name) %><% details(other) %></summary>
<% exchange(other.exchange) %>
</details>
<% } %>
<% }) %>
<% } %>
</article>
<% }) %>
</section>
<% } %>
<section aria-labelledby="coverage">
<h2 id="coverage">Status and cause</h2>
<div class="scroll" role="region" aria-labelledby="coverage" tabindex="0">
<table>
<thead><tr><th scope="col">Status</th><th scope="col">Cause</th><th scope="col" class="number">Verified</th><th scope="col" class="number">Violated</th><th scope="col" class="number">Not verified</th></tr></thead>
<tbody>
<% it.rows.forEach(({ status, cause, counts }) => { %>
<tr><td><%= it.line(status) %></td><th scope="row"><%= it.line(cause) %></th><% ['verified', 'violated', 'not-verified'].forEach((verdict) => { %><td class="number <%= counts[verdict] === 0 ? 'none' : verdict === 'not-verified' ? 'unverified' : verdict %>"><%= counts[verdict] === 0 ? '–' : counts[verdict] %></td><% }) %></tr>
<% }) %>
</tbody>
</table>
</div>
</section>
<% if (it.openQuestions.length > 0) { %>
<section aria-labelledby="open">
<h2 id="open">Not verified</h2>
<p>Nobody knows whether these hold. They do not count as passed.</p>
<% it.openQuestions.forEach(({ reason, fixture, findings }) => { %>
<div class="open">
<p><%= it.line(reason) %><% if (fixture !== undefined) { %>; the fixture <code><%= it.line(fixture) %></code> would arrange it<% } %>:</p>
<ul>
<% findings.forEach((finding) => { %>
<li><strong><%= it.line(finding.status + ' ' + finding.cause) %></strong> <%= it.line(finding.title) %> <code class="where"><%= it.line(finding.id) %></code></li>
<% }) %>
</ul>
</div>
<% }) %>
</section>
<% } %>
<% if ((it.report.notes ?? []).length > 0) { %>
<section aria-labelledby="notes">
<h2 id="notes">Notes</h2>
<ul>
<% it.report.notes.forEach((note) => { %><li><%= it.line(note) %></li><% }) %>
</ul>
</section>
<% } %>
</main>
<footer>
<p><%= it.line(it.report.contract.title + ' ' + it.report.contract.version) %>, <code><%= it.line(it.report.contract.file) %></code>. Rules are pointers into it.</p>
<p>Started <time datetime="<%= it.report.startedAt.toISOString() %>"><%= it.report.startedAt.toISOString().slice(0, 19).replace('T', ' ') %> UTC</time>; <%= it.plural(it.report.requests, 'request') %> in <%= it.report.seconds.toFixed(1) %> s<% if (it.report.seed !== undefined) { %>; seed <code><%= it.report.seed %></code><% } %>.</p>
</footer>
</body>
</html>
`;
