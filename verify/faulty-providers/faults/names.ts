// Names judged or read otherwise than the contract says.
import type { Behaviour, Call } from '../behaviour.ts';
import { correct } from '../correct.ts';
import { type Fault, refusing, without } from '../fault.ts';
import type { ErrorName, ParameterName } from '../names.ts';
import { decode, imageOf, matchPath, parameters } from '../path.ts';

const PARAMETERS = Object.keys(parameters) as ParameterName[];

/** Judges names after a change that the names themselves do not undergo. */
function judging(change: (name: string, parameter: ParameterName) => string): Partial<Behaviour> {
  const names = (call: Call) => PARAMETERS.map((parameter) => [parameter, change(call.names[parameter], parameter)]);
  return {
    rules: correct.rules.map(({ refuses, when }) =>
      refuses.startsWith('invalid-')
        ? { refuses, when: (call: Call) => when({ ...call, names: Object.fromEntries(names(call)) }) }
        : { refuses, when },
    ),
  };
}

/** Refuses some legal names too. */
const refusingToo = (parameter: ParameterName, isRefused: (name: string) => boolean): Partial<Behaviour> =>
  refusing(
    `invalid-${parameter}` satisfies ErrorName,
    ({ when }) =>
      (call) =>
        when(call) || isRefused(call.names[parameter]),
  );

const HTML_500 = { status: 500, headers: { 'Content-Type': 'text/html' }, body: '<h1>URIError: URI malformed</h1>' };

export const nameFaults: readonly Fault[] = [
  {
    name: 'illegal-names-looked-up',
    loss: 'a typo looks like a missing image',
    caughtBy: ['tag/outside-its-alphabet', 'repository/outside-its-alphabet'],
    change: without('invalid-namespace', 'invalid-repository', 'invalid-tag'),
  },
  {
    name: 'over-length-name-accepted',
    loss: 'names are accepted that no registry can hold',
    caughtBy: ['tag/too-long-', 'repository/too-long-'],
    change: judging((name, parameter) => name.slice(0, parameters[parameter].maxLength)),
  },
  {
    name: 'longest-tag-refused',
    loss: 'a tag of 128 characters, which was pushed, cannot be deleted',
    caughtBy: ['tag/longest'],
    change: refusingToo('tag', (tag) => tag.length === parameters.tag.maxLength),
  },
  {
    name: 'double-underscore-refused',
    loss: 'a repository with a legal name cannot be cleaned',
    caughtBy: ['repository/'],
    change: refusingToo('repository', (repository) => repository.includes('__')),
  },
  {
    name: 'upper-case-tag-refused',
    loss: 'a tag such as RC1, which was pushed, cannot be deleted',
    caughtBy: ['tag/within-its-alphabet'],
    change: refusingToo('tag', (tag) => /[A-Z]/.test(tag)),
  },
  {
    name: 'leading-dot-accepted',
    loss: 'a tag is accepted that the store takes for a hidden file or a parent directory',
    caughtBy: ['tag/outside-its-alphabet'],
    change: judging((name, parameter) => (parameter === 'tag' ? name.replace(/^[.]+/, 'v') : name)),
  },
  {
    name: 'adjacent-separators-accepted',
    loss: 'a typo looks like a missing repository',
    caughtBy: ['repository/'],
    change: judging((name, parameter) => (parameter === 'repository' ? name.replaceAll(/[.$]+/g, '.') : name)),
  },
  {
    name: 'letters-of-any-alphabet-accepted',
    loss: 'tags that only look alike, such as v1 with a Cyrillic letter, are accepted',
    caughtBy: ['tag/outside-its-alphabet'],
    change: judging((name) => name.replaceAll(/[^\P{L}A-Z]/gu, 'a')),
  },
  {
    name: 'final-newline-accepted',
    loss: 'a name gets in that splits a line of the log (`$` in many regular expressions lets it pass)',
    caughtBy: ['tag/outside-its-alphabet'],
    change: judging((name) => name.replace(/\n$/, '')),
  },
  {
    name: 'pattern-not-anchored',
    loss: 'any text that contains a legal name is accepted',
    caughtBy: ['tag/outside-its-alphabet'],
    change: judging(
      (name, parameter) => new RegExp(parameters[parameter].pattern.slice(1, -1)).exec(name)?.[0] ?? name,
    ),
  },
  {
    name: 'name-trimmed',
    loss: 'a tag is deleted under a name that it does not have',
    caughtBy: ['tag/outside-its-alphabet'],
    change: { decode: (sent) => decode(sent).trim() },
  },
  {
    name: 'name-cut-at-nul',
    loss: 'what was checked is not what is deleted',
    caughtBy: ['tag/outside-its-alphabet'],
    change: { decode: (sent) => decode(sent).split('\0', 1)[0] ?? '' },
  },
  {
    name: 'tag-in-any-case',
    loss: 'V1 deletes v1, which is another tag',
    caughtBy: ['delete/sibling-letters-case'],
    change: { imageOf: (names) => ({ ...imageOf(names), tag: names.tag.toLowerCase() }) },
  },
  {
    name: 'name-decoded-twice',
    loss: 'what a proxy lets pass is not what is deleted',
    caughtBy: ['tag/encoded-twice', 'repository/encoded-twice'],
    change: { decode: (sent) => decode(decode(sent)) },
  },
  {
    name: 'malformed-escape-as-html-500',
    loss: 'a typo sets off an alarm, and the page shows the framework’s insides',
    caughtBy: ['tag/malformed-escape'],
    change: { decode: decodeURIComponent, crash: () => HTML_500 },
  },
  {
    name: 'malformed-escape-ends-the-connection',
    loss: 'a typo looks like a network failure and is retried',
    caughtBy: ['tag/malformed-escape'],
    change: {
      decode: decodeURIComponent,
      crash: () => ({ ...HTML_500, status: 0 }),
      send: (response, answer) => {
        if (answer.status === 0) response.socket?.destroy();
        else correct.send(response, answer);
      },
    },
  },
  {
    name: 'escaped-slash-as-separator',
    loss: 'a proxy and the provider see different paths',
    caughtBy: ['repository/outside-its-alphabet'],
    change: { match: (path) => matchPath(path.replaceAll(/%2F/gi, '/')) },
  },
  {
    name: 'escaped-slash-accepted',
    loss: 'callers come to rely on paths that other providers refuse',
    caughtBy: ['repository/outside-its-alphabet'],
    change: judging((name) => name.replaceAll('/', '$')),
  },
  {
    name: 'escaped-dollar-not-understood',
    loss: 'the vendor’s Python SDK, which sends %24, deletes nothing in team/app',
    caughtBy: ['repository/substitution-encoded'],
    change: { decode: (sent) => (sent.includes('%24') ? sent : decode(sent)) },
  },
  {
    name: 'dollar-not-taken-for-slash',
    loss: 'no tag can be deleted in team/app',
    caughtBy: ['not-found/tag', 'delete/twice'],
    change: { imageOf: (names) => names },
  },
  {
    name: 'escaped-letters-not-understood',
    loss: 'a client that escapes more than necessary cannot delete (RFC 3986, 2.3)',
    caughtBy: ['tag/percent-encoded'],
    change: { decode: (sent) => (sent.includes('%24') ? decode(sent) : sent) },
  },
  {
    name: 'query-parameter-ignored',
    loss: 'a request with ?dryRun=true really deletes the tag',
    caughtBy: ['query/unknown'],
    change: without('unknown-query-parameter'),
  },
  {
    name: 'content-type-refused',
    loss: 'requests as the vendor’s documents write them fail: a JSON parser wants a body',
    caughtBy: ['not-found/with-content-type'],
    change: {
      rules: [
        { refuses: 'malformed-request', when: ({ headers }) => headers['content-type'] !== undefined },
        ...correct.rules,
      ],
    },
  },
];
