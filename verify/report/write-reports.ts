// The files of a report. Each appears whole or not at all: a CI server may collect them at any time.
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { harmlessJson } from './harmless.ts';
import { junitOf } from './junit.ts';
import type { Report } from './model.ts';
import { pageOf } from './page.ts';
import { countsOf } from './summary.ts';

/** A directory that cannot be written to; the message says which and why. */
export class ReportError extends Error {
  override readonly name = 'ReportError';
}

/**
 * Writes `<kind>-check.html`, `.json` and `.xml` (JUnit) into a directory, which is made where it is missing.
 * @returns the files' paths
 * @throws ReportError where the directory cannot be written
 */
export async function writeReports(report: Report, directory: string): Promise<string[]> {
  const texts = { html: pageOf(report), json: jsonOf(report), xml: junitOf(report) };
  const files = Object.entries(texts).map(([extension, text]) => ({ file: `${report.kind}-check.${extension}`, text }));
  try {
    await mkdir(directory, { recursive: true });
    return await Promise.all(files.map(({ file, text }) => writeWhole(join(directory, file), text)));
  } catch (error) {
    throw new ReportError(`the reports cannot be written to ${directory}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

const jsonOf = (report: Report): string => `${harmlessJson({ summary: countsOf(report.findings), ...report })}\n`;

async function writeWhole(path: string, text: string): Promise<string> {
  const unfinished = `${path}.${process.pid}.unfinished`;
  try {
    await writeFile(unfinished, text);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  return path;
}
