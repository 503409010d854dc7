// The files of a report. Each appears complete or not at all, because a CI server may collect them at any time.
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { harmlessJson } from './harmless.ts';
import { junitOf } from './junit.ts';
import type { Report } from './model.ts';
import { pageOf } from './page.ts';
import { countsOf, levelCountsOf } from './summary.ts';

/** A directory that cannot be written to; the message says which and why. */
export class ReportError extends Error {
  override readonly name = 'ReportError';
}

/**
 * Writes `<kind>-check.html`, `.json` and `.xml` (JUnit) into a directory, which is created if missing.
 * @returns the files' paths
 * @throws ReportError if the directory cannot be written to; nothing unfinished is left then
 */
export async function writeReports(report: Report, directory: string): Promise<string[]> {
  const texts = { html: pageOf(report), json: jsonOf(report), xml: junitOf(report) };
  const files = Object.entries(texts).map(([extension, text]) => ({
    path: join(directory, `${report.kind}-check.${extension}`),
    text,
  }));
  try {
    await mkdir(directory, { recursive: true });
    // One after another, so that no other write is under way after a failure.
    for (const { path, text } of files) await writeWhole(path, text);
  } catch (error) {
    throw new ReportError(`the reports cannot be written to ${directory}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return files.map(({ path }) => path);
}

const jsonOf = (report: Report): string =>
  `${harmlessJson({ summary: countsOf(report.findings), levels: levelCountsOf(report), ...report })}\n`;

async function writeWhole(path: string, text: string): Promise<void> {
  const unfinished = `${path}.${process.pid}.unfinished`;
  try {
    await writeFile(unfinished, text);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
