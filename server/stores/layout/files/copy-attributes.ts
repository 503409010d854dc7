// Copies what a rename would lose: mode, owner, ACLs, extended attributes, the SELinux context. Node has no call for the
// last three; cp of GNU coreutils has. Starting a process from a large Node process takes long and stops the event loop,
// so a small shell does it: one for all files, which ends with this process.
import { type ChildProcess, spawn } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';

/** Reads pairs of descriptors of its parent, writes cp's exit code for each. Says `unable` first if cp is not GNU's. */
const SCRIPT = `
cp --version 2>/dev/null | grep -q GNU && test -d /proc/$PPID/fd || { echo unable; exit; }
while read -r from to; do
  cp --attributes-only --preserve=all --no-preserve=timestamps /proc/$PPID/fd/$from /proc/$PPID/fd/$to
  echo $?
done`;

type Answer = (exitCode: string) => void;

class Copier {
  readonly #shell: ChildProcess;
  readonly #waiting: Answer[] = [];
  #errors = '';
  isUsable = true;

  constructor() {
    // Detached: Ctrl-C at a terminal goes to its foreground group, and the server still has work to finish then.
    this.#shell = spawn('sh', ['-c', SCRIPT], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.#shell.on('error', () => this.#end());
    this.#shell.on('close', () => this.#end());
    this.#shell.stdin?.on('error', () => this.#end());
    this.#shell.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = text.trim();
    });
    this.#shell.stdout?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.trim().split('\n')) this.#waiting.shift()?.(line);
      this.#hold();
    });
    this.#hold();
  }

  async copy(from: FileHandle, to: FileHandle): Promise<void> {
    const exitCode = await new Promise<string>((resolve) => {
      this.#waiting.push(resolve);
      this.#hold();
      this.#shell.stdin?.write(`${from.fd} ${to.fd}\n`);
    });
    if (exitCode === '0') return;
    if (exitCode !== 'unable') throw new Error(`mode, owner and attributes cannot be copied: ${this.#errors}`);
    await copyModeAndOwner(from, to);
  }

  /** Keeps this process alive only while an answer is due. */
  #hold(): void {
    const handles = [this.#shell, this.#shell.stdin, this.#shell.stdout, this.#shell.stderr] as unknown as {
      ref?(): void;
      unref?(): void;
    }[];
    for (const handle of handles) this.#waiting.length > 0 ? handle.ref?.() : handle.unref?.();
  }

  #end(): void {
    this.isUsable = false;
    for (const answer of this.#waiting.splice(0)) answer('unable');
  }
}

let copier: Copier | undefined;

/**
 * Gives a file the mode, the owner, the ACLs and the extended attributes of another. Without GNU's cp and /proc: mode and
 * owner alone.
 * @throws Error if the attributes cannot be copied
 */
export async function copyAttributes(from: FileHandle, to: FileHandle): Promise<void> {
  if (process.platform !== 'linux') return copyModeAndOwner(from, to);
  if (copier?.isUsable !== true) copier = new Copier();
  await copier.copy(from, to);
}

async function copyModeAndOwner(from: FileHandle, to: FileHandle): Promise<void> {
  const { mode, uid, gid } = await from.stat();
  // Only root may give files away. For any other user the owner is right already or cannot be kept.
  await to.chown(uid, gid).catch(() => undefined);
  await to.chmod(mode & 0o7777);
}
