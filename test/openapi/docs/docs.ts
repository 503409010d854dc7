// The docs as the build makes them, and what a reader must find in them.
import { spawnSync } from 'node:child_process';
import { lexer } from 'marked';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { serveDocs } from '../../../server/http/docs.ts';
import { contract, examples, gatewayExamples, operations } from '../../support/contract.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/** The page as a file. */
export const PAGE = new URL('../../../dist/docs/index.html', import.meta.url);

/** Every cause of an error, those outside of the operation too. */
export const causes = [...examples, ...gatewayExamples];

export const samples: readonly { label: string; lang: string; source: string }[] = operations.flatMap(
  ({ operation }) => operation['x-codeSamples'],
);

/** What to do for a cause, in plain words as a reader sees them. */
export const actions: ReadonlyMap<string, string> = new Map(
  [contract.info.description, ...operations.map(({ operation }) => operation.description)]
    .flatMap((text: string) => lexer(text))
    .flatMap((token) => (token.type === 'table' && token.header[1]?.text === 'cause' ? token.rows : []))
    .flatMap(([, names, , action]) =>
      [...names.text.matchAll(/`(.+?)`/g)].map(([, name]) => [name, action.text.replaceAll('`', '')]),
    ),
);

/** Builds the docs. @returns what the build printed */
export function buildDocs(): string {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'docs'], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return stdout + stderr;
}

/** A server that serves the docs. */
export async function startDocsServer(): Promise<TestServer> {
  return startServer({ store: new MemoryStore(), docs: await serveDocs() });
}

interface View {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly javaScriptEnabled?: boolean;
  /** For tools that inject a script of their own. */
  readonly bypassCSP?: boolean;
}

/** Opens a page in a context of its own. Records its requests and its complaints. */
export async function openPage(
  browser: Browser,
  url: string,
  { width = 1400, ...options }: View = {},
): Promise<{ page: Page; requests: string[]; complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, ...options });
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) requests.push(request.url());
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  return { page, requests, complaints };
}

/** A text as one line. */
export const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ');
