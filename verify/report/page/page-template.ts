/** The page, for Eta: `<%= %>` escapes; the one `<%~ %>` is our own style sheet. */
export const pageTemplate = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="<%= it.policy %>">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title><%= it.line(it.levelsLine + ' – ' + it.report.kind + ' check of ' + it.report.target) %></title>
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
<header class="<%= it.outcome %>">
<p class="kind"><%= it.report.kind === 'provider' ? 'Provider check of' : 'Consumer check before' %> <code><%= it.line(it.report.target) %></code></p>
<h1><%= it.levelsLine %></h1>
<p class="headline"><%= it.headline %></p>
<table class="levels">
<thead><tr><th scope="col">Level</th><th scope="col" class="number">Verified</th><th scope="col" class="number">Violated</th><th scope="col" class="number">Not verified</th></tr></thead>
<tbody>
<% it.levels.forEach(({ level, counts }) => { %>
<tr><th scope="row"><a href="#<%= level %>"><%= level %></a></th><% ['verified', 'violated', 'not-verified'].forEach((verdict) => { %><td class="number <%= counts[verdict] === 0 ? 'none' : verdict === 'not-verified' ? 'unverified' : verdict %>"><%= counts[verdict] === 0 ? '–' : counts[verdict] %></td><% }) %></tr>
<% }) %>
</tbody>
</table>
</header>
<main>
<% it.levels.forEach(({ level, meaning, problems }) => { %>
<section aria-labelledby="<%= level %>">
<h2 id="<%= level %>"><%= level %> <span class="where"><%= meaning %></span></h2>
<% if (problems.length === 0) { %><p class="where">Nothing to mend.</p><% } %>
<% problems.forEach((problem) => { const [first, ...others] = problem.occurrences; %>
<article>
<h3><%= it.line(problem.suffering) %><% if (it.report.kind === 'consumer') { %> <span class="where">the <%= problem.party %>’s</span><% } %><% if (problem.isGateway) { %> <span class="where">decided by a front gateway</span><% } %></h3>
<p><%= it.line(first.message) %></p>
<details><summary><%= it.plural(problem.occurrences.length, 'case') %>: <code><%= it.line(first.finding.id) %></code> <%= it.line(first.finding.title) %></summary>
<dl class="facts">
<dt>Rule</dt><dd><%= it.line(first.clause) %></dd>
<% if (first.found !== undefined) { %><dt>Found</dt><dd><%= it.line(first.found) %></dd><% } %>
<% if (first.seenWith !== undefined) { %><dt>Seen with</dt><dd><%= it.line(first.seenWith) %></dd><% } %>
<% if (first.times > 1) { %><dt>Seen</dt><dd><%= first.times %> times</dd><% } %>
</dl>
<% if (first.exchange !== undefined) exchange(first.exchange) %>
<% others.forEach((other) => { %>
<p class="other"><code><%= it.line(other.finding.id) %></code> <%= it.line(other.finding.title) %><% if (other.times > 1) { %>, seen <%= other.times %> times<% } %><% if (other.message !== first.message) { %>: <%= it.line(other.message) %><% } %><% if (other.found !== undefined) { %> <span class="where"><%= it.line(other.found) %></span><% } %><% if (other.seenWith !== undefined) { %> <span class="where">with <%= it.line(other.seenWith) %></span><% } %></p>
<% if (other.exchange !== undefined) { %><pre class="curl"><%= it.line(other.exchange.curl) %></pre><% } %>
<% }) %>
</details>
</article>
<% }) %>
</section>
<% }) %>
<section aria-labelledby="coverage">
<h2 id="coverage">Status and cause</h2>
<details><summary>What was tried of each answer of the contract</summary>
<div class="scroll" role="region" aria-labelledby="coverage" tabindex="0">
<table>
<thead><tr><th scope="col">Status</th><th scope="col">Cause</th><th scope="col" class="number">Verified</th><th scope="col" class="number">Violated</th><th scope="col" class="number">Not verified</th></tr></thead>
<tbody>
<% it.rows.forEach(({ status, cause, counts }) => { %>
<tr class="cause"><td><%= it.line(status) %></td><th scope="row"><%= it.line(cause) %></th><% ['verified', 'violated', 'not-verified'].forEach((verdict) => { %><td class="number <%= counts[verdict] === 0 ? 'none' : verdict === 'not-verified' ? 'unverified' : verdict %>"><%= counts[verdict] === 0 ? '–' : counts[verdict] %></td><% }) %></tr>
<% }) %>
</tbody>
</table>
</div>
</details>
</section>
<% if (it.openQuestions.length > 0) { %>
<section aria-labelledby="open">
<h2 id="open">Not verified</h2>
<p>Whether these hold is not known. They do not count as passed.</p>
<% it.openQuestions.forEach(({ reason, fixtures, findings }) => { %>
<details class="open"><summary><%= it.line(reason) %><% if (fixtures.length > 0) { %>; the fixture <% fixtures.forEach((fixture, index) => { %><%= index > 0 ? ', ' : '' %><code><%= it.line(fixture) %></code><% }) %> would arrange it<% } %>: <%= it.plural(findings.length, 'case') %></summary>
<ul>
<% findings.forEach((finding) => { %>
<li><strong><%= it.line(finding.status + ' ' + finding.cause) %></strong> <%= it.line(finding.title) %> <code class="where"><%= it.line(finding.id) %></code></li>
<% }) %>
</ul>
</details>
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
<p><%= it.line(it.report.contract.title + ' ' + it.report.contract.version) %>, <code><%= it.line(it.report.contract.file) %></code>. The JSON report has pointers into it.</p>
<p>Started <time datetime="<%= it.report.startedAt.toISOString() %>"><%= it.report.startedAt.toISOString().slice(0, 19).replace('T', ' ') %> UTC</time>; <%= it.plural(it.report.requests, 'request') %> in <%= it.report.seconds.toFixed(1) %> s<% if (it.report.seed !== undefined) { %>; seed <code><%= it.report.seed %></code><% } %>.</p>
</footer>
</body>
</html>
`;
