// The files of a report. All appear, each whole, or none is left: a CI server may collect them at any time.
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { harmlessJson } from './harmless.ts';
import { junitOf } from './junit.ts';
import type { Report } from './model.ts';
import { pageOf } from './page/page.ts';
import { countsOf, levelCountsOf } from './summary.ts';

/** Reports that cannot be written; the message says to which directory and why. */
export class ReportError extends Error {
  override readonly name = 'ReportError';
}

/**
 * Writes `<kind>-check.html`, `.json` and `.xml` (JUnit) into a directory, which is made if it is missing.
 * @returns the files' paths
 * @throws ReportError if one of them cannot be written; none of them is left then, nor anything unfinished
 */
export async function writeReports(report: Report, directory: string): Promise<string[]> {
  const texts = { html: pageOf(report), json: jsonOf(report), xml: junitOf(report) };
  const files = Object.entries(texts).map(([extension, text]) => ({
    path: join(directory, `${report.kind}-check.${extension}`),
    text,
  }));
  try {
    await mkdir(directory, { recursive: true });
    await writeAll(files);
  } catch (error) {
    throw new ReportError(`the reports cannot be written to ${directory}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return files.map(({ path }) => path);
}

const jsonOf = (report: Report): string =>
  `${harmlessJson({ summary: countsOf(report.findings), levels: levelCountsOf(report), ...report })}\n`;

/** Replaces no earlier file before all are written. After a failure none is left: one file is half a report. */
async function writeAll(files: readonly { readonly path: string; readonly text: string }[]): Promise<void> {
  const unfinished = (path: string) => `${path}.${process.pid}.unfinished`;
  const made = new Set<string>();
  try {
    // One after another: after a failure no other file is on its way.
    for (const { path, text } of files) {
      made.add(unfinished(path));
      await writeFile(unfinished(path), text);
    }
    for (const { path } of files) {
      await rename(unfinished(path), path);
      made.add(path);
    }
  } catch (error) {
    // The first failure is the one to report.
    for (const path of made) await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}
