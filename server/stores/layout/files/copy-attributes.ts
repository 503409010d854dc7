// Copies what a new file in place of another would lose: mode, owner, ACLs, extended attributes, the SELinux context.
// Node has no call for the last three; cp of GNU coreutils copies them. Starting a process from a large Node process
// stops the event loop for milliseconds, so one small shell a file system starts them. It ends with this process.
import { type ChildProcess, spawn } from 'node:child_process';
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/**
 * Reads pairs of descriptors of its parent and writes for each cp's exit code, and `plain` if neither file had more than
 * a mode and an owner. ls shows an ACL or a context behind the mode; a file of /proc takes no extended attributes, so that
 * copying there fails if there are any. Ends at once if cp is not GNU's, or if the parent's descriptors are closed to other
 * processes: they are of a program that has capabilities of its own (`setcap`).
 */
const SCRIPT = `
cp --version 2>/dev/null | grep -q GNU && test -x /proc/$PPID/fd || { echo unable; exit; }
is_plain() {
  case $(ls -ldL "$1") in
    ??????????' '*) cp --attributes-only --preserve=xattr "$1" /proc/self/comm 2>/dev/null ;;
    *) false ;;
  esac
}
while read -r from to; do
  from=/proc/$PPID/fd/$from to=/proc/$PPID/fd/$to plain=
  if is_plain "$from" && is_plain "$to"; then plain=' plain'; fi
  cp --attributes-only --preserve=all --no-preserve=timestamps "$from" "$to"
  echo "$?$plain"
done`;

/** Milliseconds for a copy, and those that wait before it. Beyond that the file system counts as hung, and the copy fails. */
const COPY_MS = 5_000;

/** What became of a copy: cp's exit code, with ` plain` or not, `unable` if there is no such cp, `gone` if the shell ended, `overdue`. */
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

  get isGone(): boolean {
    return this.#isGone;
  }

  copy(from: FileHandle, to: FileHandle): Promise<Answer> {
    if (this.#isGone) return Promise.resolve('gone');
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        resolve('overdue');
        this.#kill();
      }, COPY_MS);
      this.#waiting.push((answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.#hold();
      this.#process.stdin?.write(`${from.fd} ${to.fd}\n`);
    });
  }

  /** With its cp. Those that wait are gone too: their descriptors may soon be other files'. */
  #kill(): void {
    try {
      if (this.#process.pid !== undefined) process.kill(-this.#process.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
    this.#end('gone');
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
    this.#hold();
  }
}

/** One for each file system, by its device number: one that hangs holds up no other. */
const shells = new Map<bigint, Shell>();
let isUnable = process.platform !== 'linux';

/**
 * Gives a file the mode, the owner, the ACLs and the extended attributes of another. Without GNU's cp, sh and /proc: mode
 * and owner alone.
 * @param attributes what stat says of `from`
 * @returns whether mode and owner are all that it has, and all that a new file beside it gets
 * @throws Error if the attributes cannot be copied
 */
export async function copyAttributes(from: FileHandle, to: FileHandle, attributes: BigIntStats): Promise<boolean> {
  const { dev: device } = attributes;
  if (!isUnable) {
    let answer = await shellOf(device).copy(from, to);
    // Something has ended it: once more with a new one.
    if (answer === 'gone') answer = await shellOf(device).copy(from, to);
    if (answer === '0' || answer === '0 plain') return answer !== '0';
    if (answer === 'overdue') throw new Error(`mode, owner and attributes were not copied within ${COPY_MS} ms`);
    if (answer !== 'unable')
      throw new Error(`mode, owner and attributes cannot be copied: ${shellOf(device).errors || answer}`);
    isUnable = true;
  }
  await setModeAndOwner(to, attributes);
  return true;
}

function shellOf(device: bigint): Shell {
  const running = shells.get(device);
  if (running !== undefined && !running.isGone) return running;
  const started = new Shell();
  shells.set(device, started);
  return started;
}

/** The same from a file that is known to have no other attributes. @throws errors of the file system */
export async function setModeAndOwner(file: FileHandle, { mode, uid, gid }: BigIntStats): Promise<void> {
  // Only root may give files away. For any other user the owner is right already or cannot be kept.
  await file.chown(Number(uid), Number(gid)).catch(() => undefined);
  await file.chmod(Number(mode) & 0o7777);
}
