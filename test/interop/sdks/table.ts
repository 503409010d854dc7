// The table of client/README.md: what each SDK does, from a run.
import type { Outcome } from './run-driver.ts';
import type { Sdk } from './sdks.ts';

type Outcomes = Readonly<Record<string, Outcome>>;
const [BEGIN, END] = ['<!-- sdk table: begin -->\n', '<!-- sdk table: end -->\n'];

/** Each row: its head, and what a cell says of the outcomes. */
const ROWS: readonly (readonly [head: string, cell: (seen: Outcomes) => string])[] = [
  ['204', (seen) => returned(seen['deleted'])],
  [
    '400, 401, 403, 404',
    (seen) => same(['invalid-tag', 'bad-signature', 'tag-protected', 'tag-not-found'], seen, thrown),
  ],
  ['429', (seen) => thrown(seen['throttled'])],
  ['500', (seen) => thrown(seen['storage-failure'])],
  ['code and request ID of a 404', (seen) => identity(seen['tag-not-found'])],
  ['code and request ID of a 429', (seen) => identity(seen['throttled'])],
  ['no answer in time', (seen) => thrown(seen['no answer'])],
  ['nobody listens', (seen) => thrown(seen['nobody listens'])],
  ['`team$app` travels as', (seen) => sent(seen['sent $'], 'repos/', '/tags')],
  ['`team%24app` travels as', (seen) => sent(seen['sent %24'], 'repos/', '/tags')],
  ['`team/app` travels as', (seen) => sent(seen['sent /'], 'repos/', '/tags')],
  ['… and is answered', (seen) => answer(seen['slash as /'])],
  ['the tag `../../x` leads to', (seen) => sent(seen['sent ../'], 'namespaces/group/', '')],
  ['requests for one delete, answered 429', (seen) => tries(seen['tries of 429'])],
  ['… with 2 retries set for all calls', (seen) => tries(seen['tries of 429 with a setting'])],
  ['… with 2 retries set for this call', (seen) => tries(seen['tries of 429 with a setting of the call'])],
  ['… answered 500, with 2 retries set for all calls', (seen) => tries(seen['tries of 500 with a setting'])],
  [
    '… answered 500, with 2 retries set for this call',
    (seen) => tries(seen['tries of 500 with a setting of the call']),
  ],
  ['waits for `Retry-After` between retries', waits],
  ['a project ID is sent as', (seen) => projectHeader(seen['sent project id'])],
  ['a certificate that the system does not trust', (seen) => thrown(seen['untrusted certificate'])],
];

/** The page with the table of a run. */
export function withTable(
  page: string,
  sdks: readonly (readonly [newest: Sdk, older: Sdk])[],
  outcomes: ReadonlyMap<Sdk, Outcomes>,
): string {
  const head = ['', ...sdks.map(([{ name, version }]) => `${name} ${version.replace(/^v/, '')}`)];
  const rows = ROWS.map(([title, cell]) => [
    title,
    ...sdks.map(([newest, older]) => {
      const [now, then] = [newest, older].map((sdk) => cell(outcomes.get(sdk) ?? {})) as [string, string];
      return now === then ? now : `${now} (${older.version.replace(/^v/, '')}: ${then})`;
    }),
  ]);
  const lines = [head, head.map(() => '---'), ...rows].map((cells) =>
    `| ${cells.join(' | ')} |\n`.replace('|  |', '| |'),
  );
  const [before = '', rest = ''] = page.split(BEGIN);
  return `${before}${BEGIN}${lines.join('')}${END}${rest.split(END)[1] ?? ''}`;
}

const code = (text: string | null | undefined) => (text ? `\`${text}\`` : 'lost');
const identity = (outcome?: Outcome) => `${code(outcome?.code)}, ${outcome?.requestId ? 'as sent' : 'lost'}`;
const returned = (outcome?: Outcome) => (outcome?.exception === undefined ? 'returns' : thrown(outcome));
const LACKING = 'no such setting';
const isLacking = (outcome?: Outcome) => outcome?.exception === 'NoSuchSetting';
const thrown = (outcome?: Outcome) => (isLacking(outcome) ? LACKING : code(outcome?.exception));
const answer = (outcome?: Outcome) => `${outcome?.status} \`${outcome?.code}\``;
const projectHeader = (outcome?: Outcome) =>
  'x-project-id' in (outcome?.arrivals[0]?.headers ?? {}) ? '`X-Project-Id`' : 'not';

function same(names: readonly string[], seen: Outcomes, cell: (outcome?: Outcome) => string): string {
  return [...new Set(names.map((name) => cell(seen[name])))].join(', ');
}

function sent(outcome: Outcome | undefined, after: string, before: string): string {
  const [, rest = ''] = (outcome?.arrivals[0]?.target ?? '').split(after);
  return code(before === '' ? rest : rest.split(before)[0]);
}

/** Requests that arrived for one call. */
const tries = (outcome?: Outcome) => (isLacking(outcome) ? LACKING : `${outcome?.arrivals.length}`);

/** By the setting for all calls, or else the setting for this call. */
function waits(seen: Outcomes): string {
  const settings = [seen['tries of 429 with a setting'], seen['tries of 429 with a setting of the call']];
  const [first, second] = settings.map((one) => one?.arrivals ?? []).find(({ length }) => length > 1) ?? [];
  if (first === undefined || second === undefined) return 'never retries';
  return second.at - first.at >= 1_000 ? 'yes' : 'no';
}
