// Copies what a new file in place of another would lose: mode, owner, ACLs, extended attributes, the SELinux context.
// Node has no call for the last three; cp of GNU coreutils copies them. Starting a process from a large Node process
// stops the event loop for milliseconds, so one small shell starts all of them. It ends with this process.
import { type ChildProcess, spawn } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';

/** Reads pairs of descriptors of its parent and writes cp's exit code for each. Ends at once if cp is not GNU's. */
const SCRIPT = `
cp --version 2>/dev/null | grep -q GNU && test -d /proc/$PPID/fd || { echo unable; exit; }
while read -r from to; do
  cp --attributes-only --preserve=all --no-preserve=timestamps /proc/$PPID/fd/$from /proc/$PPID/fd/$to
  echo $?
done`;

/** What became of a copy: cp's exit code, `unable` if there is no such cp, `gone` if the shell ended. */
type Answer = string;

class Shell {
  readonly #process: ChildProcess;
  readonly #waiting: ((answer: Answer) => void)[] = [];
  #isGone = false;
  /** What cp has said last. */
  errors = '';

  constructor() {
    // Detached: Ctrl-C at a terminal reaches its whole foreground group, and the server still has work to finish then.
    this.#process = spawn('sh', ['-c', SCRIPT], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.#process.on('error', () => this.#end('unable'));
    this.#process.on('close', () => this.#end('gone'));
    this.#process.stdin?.on('error', () => undefined);
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors = text.trim();
    });
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      for (const answer of text.trim().split('\n')) this.#waiting.shift()?.(answer);
      this.#hold();
    });
    this.#hold();
  }

  copy(from: FileHandle, to: FileHandle): Promise<Answer> {
    if (this.#isGone) return Promise.resolve('gone');
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#hold();
      this.#process.stdin?.write(`${from.fd} ${to.fd}\n`);
    });
  }

  /** Keeps this process alive only while an answer is due. */
  #hold(): void {
    const { stdin, stdout, stderr } = this.#process;
    const handles = [this.#process, stdin, stdout, stderr] as unknown as { ref?(): void; unref?(): void }[];
    for (const handle of handles) {
      if (this.#waiting.length > 0) handle.ref?.();
      else handle.unref?.();
    }
  }

  #end(answer: Answer): void {
    this.#isGone = true;
    for (const resolve of this.#waiting.splice(0)) resolve(answer);
  }
}

let shell: Shell | undefined;
let isUnable = process.platform !== 'linux';

/**
 * Gives a file the mode, the owner, the ACLs and the extended attributes of another. Without GNU's cp, sh and /proc: mode
 * and owner alone.
 * @throws Error if the attributes cannot be copied
 */
export async function copyAttributes(from: FileHandle, to: FileHandle): Promise<void> {
  if (!isUnable) {
    shell ??= new Shell();
    let answer = await shell.copy(from, to);
    if (answer === 'gone') {
      // Something has ended it: once more with a new one.
      shell = new Shell();
      answer = await shell.copy(from, to);
    }
    if (answer === '0') return;
    if (answer !== 'unable') throw new Error(`mode, owner and attributes cannot be copied: ${shell.errors || answer}`);
    isUnable = true;
  }
  await copyModeAndOwner(from, to);
}

async function copyModeAndOwner(from: FileHandle, to: FileHandle): Promise<void> {
  const { mode, uid, gid } = await from.stat();
  // Only root may give files away. For any other user the owner is right already or cannot be kept.
  await to.chown(uid, gid).catch(() => undefined);
  await to.chmod(mode & 0o7777);
}
