// Exit code, terminal and JSON: what a partner or a CI job acts on.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { exitCodeOf } from '../../../verify/report/exit-code.ts';
import type { Report } from '../../../verify/report/model.ts';
import { problemsOf } from '../../../verify/report/summary.ts';
import { printReport } from '../../../verify/report/terminal.ts';
import { ReportError, writeReports } from '../../../verify/report/write-reports.ts';
import { temporaryDirectory } from '../../support/programs.ts';
import { exchange, finding, HOSTILE, hostile, mixed, reportOf } from './samples.ts';

const verified = finding();
const violated = finding({ verdict: 'violated', violations: [{ rule: '#/x', message: 'wrong' }] });
const open = finding({ verdict: 'not-verified', reason: 'why', fixture: 'provoke.429' });

describe('the exit code', () => {
  test.each([
    ['all verified', [verified], 0, 0],
    ['something violated', [verified, violated, open], 1, 1],
    ['something not verified', [verified, open], 3, 0],
    ['nothing verified at all is no success, whatever is allowed', [open], 3, 3],
    ['nothing looked at', [], 3, 3],
  ])('%s', (_, findings, strict, lenient) => {
    const report = reportOf(findings);
    expect(exitCodeOf(report, { allowUnverified: false })).toBe(strict);
    expect(exitCodeOf(report, { allowUnverified: true })).toBe(lenient);
  });
});

describe('at the terminal', () => {
  afterEach(() => void vi.unstubAllEnvs());

  function printed(report: Report, isTTY = false): string {
    const stream = Object.assign(new PassThrough(), { isTTY });
    printReport(report, stream);
    return stream.read().toString();
  }

  test('The first line says which levels are kept, the last one the outcome', () => {
    const lines = printed(mixed).trimEnd().split('\n');
    expect(lines[0]).toBe('Breaks base in 2 ways. Nothing of vendor is verified. Nothing of full is verified.');
    expect(lines.at(-1)).toBe('2 things to mend, found in 4 cases.');
  });

  test('Each thing to mend says what callers suffer, what was sent and received, and how to repeat it', () => {
    const text = printed(mixed);
    expect(text).toContain('[base] Tools that rely on this part of the answer do not find it.');
    expect(text).toContain('The status is 200, which the contract does not declare');
    expect(text).toContain('DELETE /v2/manage/namespaces/group/repos/busybox/tags/v1 HTTP/1.1');
    expect(text).toContain('HTTP/1.1 200 OK · {"deleted":"v1"}');
    expect(text).toContain("curl -i -X DELETE 'http://partner.example:8080/absent-tag'");
  });

  test('No JSON pointer is on the terminal, and no line is longer than 200 characters', () => {
    const text = printed(mixed);
    for (const { clause } of mixed.findings.flatMap(({ violations }) => violations)) expect(text).toContain(clause);
    expect(text).not.toContain('#/');
    expect(
      Math.max(
        ...printed(hostile)
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(200);
  });

  test('A wall of violations is ten things to mend on at most 120 lines; the most harmful come first', () => {
    const harms = ['shape', 'wrong-status', 'let-in', 'deleted-wrongly'] as const;
    const findings = Array.from({ length: 80 }, (_, index) =>
      finding({
        ...{ id: `case/${index}`, verdict: 'violated' },
        violations: [
          { rule: `#/${index}`, message: `wrong ${index}`, harm: harms[index % 4] ?? 'shape', exchange: exchange() },
        ],
      }),
    );
    const open = Array.from({ length: 40 }, (_, index) =>
      finding({ id: `open/${index}`, verdict: 'not-verified', reason: `reason ${index}` }),
    );
    const text = printed(reportOf([...findings, ...open], { notes: Array.from({ length: 30 }, () => 'a note') }));
    expect(text.split('\n').length).toBeLessThanOrEqual(120);
    expect(text.match(/^✗ /gm)).toHaveLength(10);
    expect(text).toContain('70 more things to mend');
    expect(text.match(/^✗ \d+ \[base\] Images are lost/gm)).toHaveLength(10);
  });

  test('a rule that is broken in the same way in several cases is one thing to mend', () => {
    expect(printed(mixed).match(/has no X-Request-Id header/g)).toHaveLength(1);
    expect(printed(mixed)).toContain('2 things to mend, found in 4 cases.');
  });

  test('what stood there instead, and with which requests, is told beside each case', () => {
    const violations = ['a', 'b'].map((id) => ({
      rule: '#/x',
      message: 'wrong',
      found: `id: "${id}"`,
      seenWith: `case ${id}`,
    }));
    const text = printed(
      reportOf(violations.map((one) => finding({ id: one.seenWith, verdict: 'violated', violations: [one] }))),
    );
    expect(text).toContain('1 thing to mend');
    const [{ found, seenWith } = { found: '', seenWith: '' }] = violations;
    expect(text).toContain(`Found: ${found}`);
    expect(text).toContain(seenWith);
    expect(text).toContain('and 1 more case');
  });

  test('a case in which several answers are wrong alike is one case, and how often is told', () => {
    const violation = { rule: '#/x', message: 'wrong' };
    const [problem, ...others] = problemsOf(
      reportOf([finding({ verdict: 'violated', violations: [violation, { ...violation, times: 3 }] })]),
    );
    expect(others).toEqual([]);
    expect(problem?.occurrences.map(({ times }) => times)).toEqual([4]);
  });

  test('what is not verified names the fixture that would arrange it, and no percentage hides it', () => {
    const text = printed(reportOf([verified, open]));
    expect(text).toContain('? Not verified: why [fixture: provoke.429] (tag/ordinary)');
    expect(text).toMatch(/1 verified, 0 violated, 1 not verified; .*\nNothing violated, but 1 case not verified\.\n$/);
    expect(text).not.toContain('%');
  });

  test('whose fault it is, if both sides are judged', () => {
    const violations = [{ rule: '#/x', message: 'wrong', party: 'consumer', times: 7 }] as const;
    const text = printed(reportOf([finding({ verdict: 'violated', violations })], { kind: 'consumer' }));
    expect(text).toContain("✗ 1 (the consumer's) [base]");
    expect(text).toContain('(7 times)');
  });

  test('colours on a terminal alone, and not if NO_COLOR is set', () => {
    vi.stubEnv('NO_COLOR', '');
    expect(printed(mixed, true)).toContain('\u001b[');
    expect(stripVTControlCharacters(printed(mixed, true))).toBe(printed(mixed));
    vi.stubEnv('NO_COLOR', '1');
    expect(printed(mixed, true)).toBe(printed(mixed));
  });

  test('an answer cannot drive the terminal', () => {
    const text = printed(hostile, true);
    expect(text).toContain('\\x1b]0;owned\\x07');
    expect(text).toContain('\\x9b31m\\x00\\x08\\u{fffe}\\u{d800}\\u{202e}BACKWARDS\\u{2028}');
    expect(stripVTControlCharacters(text)).not.toMatch(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/u);
  });

  test('A long answer is cut', () => {
    const received = 'a'.repeat(1_000_000);
    const violations = [{ rule: '#/x', message: 'wrong', exchange: exchange({ received }) }];
    const text = printed(reportOf([finding({ verdict: 'violated', violations })]));
    expect(text.length).toBeLessThan(10_000);
  });
});

describe('the files', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  beforeEach(async () => {
    directory = await temporaryDirectory();
  });
  afterEach(() => directory.remove());

  test('three of them, in a directory that did not exist, and nothing unfinished beside them', async () => {
    const where = `${directory.path}/a/b`;
    const files = await writeReports(mixed, where);
    expect((await readdir(where)).sort()).toEqual(['provider-check.html', 'provider-check.json', 'provider-check.xml']);
    expect(files.sort()).toEqual((await readdir(where)).sort().map((file) => `${where}/${file}`));
  });

  test('JSON has the counts of each level', async () => {
    await writeReports(mixed, directory.path);
    const { levels, findings } = JSON.parse(await readFile(`${directory.path}/provider-check.json`, 'utf8'));
    const none = { verified: 0, violated: 0, 'not-verified': 0 };
    expect(levels).toEqual({ base: { verified: 3, violated: 4, 'not-verified': 1 }, vendor: none, full: none });
    expect(new Set(findings.map(({ level }: { level: string }) => level))).toEqual(new Set(['base']));
  });

  test('JSON has every finding as it is, and counts that nobody adds up', async () => {
    await writeReports(mixed, directory.path);
    const { summary, findings, startedAt } = JSON.parse(
      await readFile(`${directory.path}/provider-check.json`, 'utf8'),
    );
    expect(summary).toEqual({ verified: 3, violated: 4, 'not-verified': 1 });
    expect(findings).toEqual(mixed.findings);
    expect(startedAt).toBe(mixed.startedAt.toISOString());
  });

  test('JSON keeps hostile text losslessly, and is harmless on a terminal', async () => {
    await writeReports(hostile, directory.path);
    const text = await readFile(`${directory.path}/provider-check.json`, 'utf8');
    expect(JSON.parse(text).target).toBe(HOSTILE);
    expect(text).not.toMatch(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/u);
  });

  test('an earlier report is replaced', async () => {
    await writeReports(mixed, directory.path);
    await writeReports(reportOf([verified]), directory.path);
    expect(JSON.parse(await readFile(`${directory.path}/provider-check.json`, 'utf8')).findings).toHaveLength(1);
  });

  test('a directory that cannot be written is named, and nothing half is left', async () => {
    const file = `${directory.path}/file`;
    await writeFile(file, '');
    const failed = writeReports(mixed, `${file}/reports`);
    await expect(failed).rejects.toThrow(ReportError);
    await expect(failed).rejects.toThrow(`the reports cannot be written to ${file}/reports: ENOTDIR`);
  });

  test.each(['html', 'json', 'xml'])(
    'If the .%s file cannot be written, no file of the report is left',
    async (kind) => {
      const taken = `provider-check.${kind}`;
      await mkdir(`${directory.path}/${taken}`);
      await expect(writeReports(mixed, directory.path)).rejects.toThrow(ReportError);
      expect(await readdir(directory.path)).toEqual([taken]);
    },
  );

  test('If a file cannot even be begun, the earlier report stays as it was', async () => {
    await writeReports(mixed, directory.path);
    const json = `${directory.path}/provider-check.json`;
    await mkdir(`${json}.${process.pid}.unfinished`);
    await expect(writeReports(reportOf([verified]), directory.path)).rejects.toThrow(ReportError);
    expect(JSON.parse(await readFile(json, 'utf8')).findings).toEqual(mixed.findings);
  });
});
