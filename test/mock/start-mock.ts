// The mock in this process, on a free port, and the mock as its users run it: a process from the build.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createMockApp, type MockParts } from '../../mock/app.ts';
import { anyOrigin } from '../../mock/cors.ts';
import { openEngine } from '../../mock/engine/open-engine.ts';
import { textLog } from '../../mock/log.ts';
import { everyImage } from '../../mock/sessions/images.ts';
import { Sessions } from '../../mock/sessions/sessions.ts';
import { contractFile, loadContract } from '../../server/http/contract.ts';
import { listen } from '../../server/http/listener/listen.ts';
import { COMMAND } from '../support/built.ts';
import { runProcess } from '../support/command.ts';
import { ask, requestText, type WireAnswer } from '../support/wire.ts';

const engine = await openEngine(contractFile);
const contract = await loadContract();

/** A running mock and the lines of its log. */
export interface TestMock {
  readonly url: string;
  readonly lines: readonly string[];
  /** Sends a delete of a tag, with any token unless the headers say otherwise. */
  deleteTag(tag: string, headers?: Readonly<Record<string, string>>): Promise<WireAnswer>;
  close(): Promise<void>;
}

export async function startMock(parts: Partial<MockParts> = {}): Promise<TestMock> {
  const lines: string[] = [];
  const log = textLog((line) => void lines.push(line));
  const app = createMockApp({
    ...{ contract, engine, log, images: everyImage, sessions: new Sessions() },
    ...{ areFaultsOn: false, isCorsOn: false, retryAfterSeconds: 1 },
    ...parts,
  });
  const { url, close } = await listen(app, {
    host: '127.0.0.1',
    port: 0,
    reportRefusal: log.refusal,
    ...(parts.isCorsOn && { refusalHeaders: anyOrigin }),
  });
  const deleteTag = (tag: string, headers: Readonly<Record<string, string>> = {}) =>
    askFor(url, tag, { 'X-Auth-Token': 'any', ...headers });
  return { url, lines, deleteTag, close: async () => void (await close(1_000)) };
}

/** Sends a delete of a tag in group/busybox. */
export const askFor = (url: string, tag: string, headers: Readonly<Record<string, string>>) =>
  ask(url, requestText(`DELETE ${pathOf(tag)}`, { ...headers, Connection: 'close' }), 60_000);

export const pathOf = (tag: string, name = 'group/repos/busybox') => `/v2/manage/namespaces/${name}/tags/${tag}`;

/** A mock process and what it has printed so far. */
export interface MockProcess {
  readonly child: ChildProcess;
  /** Its address. Rejects if the process exits before it listens. */
  readonly url: Promise<string>;
  readonly ended: Promise<number | NodeJS.Signals>;
  stdout(): string;
  stderr(): string;
}

/** Starts `swr-tag-delete mock` on a free port. */
export const startMockProcess = (...args: string[]) =>
  startProcess([COMMAND, 'mock', '--port', '0', ...args], /listens on (\S+)/);

/** Runs `swr-tag-delete mock` to its end. */
export const runMock = (...args: string[]) => runProcess(process.execPath, [COMMAND, 'mock', ...args]);

/**
 * Starts a script of Node.
 * @param listening finds the address in what it prints
 * @param options its folder and environment; by default those of this process
 */
export function startProcess(
  args: readonly string[],
  listening: RegExp,
  options: Pick<SpawnOptions, 'cwd' | 'env'> = {},
): MockProcess {
  const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const url = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const [, address] = listening.exec(stdout) ?? [];
      if (address !== undefined) resolve(address);
    });
    void ended.then((how) => reject(new Error(`the process exited with ${how}: ${stderr}`)));
  });
  url.catch(() => undefined);
  return { child, url, ended, stdout: () => stdout, stderr: () => stderr };
}
