// Standard output and standard error in spite of their readers: the command waits for a slow one, and ends even if one
// stalls or goes away.
import { Socket } from 'node:net';

/** A standard stream. */
export interface Output {
  readonly isTerminal: boolean;
  /** Another program reads it, and may write to the terminal itself, such as `tee`. */
  readonly isPipe: boolean;
  /** Width of the terminal, in characters. */
  readonly columns: number;
  /** Writes, and waits while the reader is slower than the command. */
  write(text: string): Promise<void>;
  /** Writes if the reader keeps up: for what is overwritten soon. */
  draw(text: string): void;
  /** Waits until the reader has everything, or has stalled or gone away. @returns number of writes that it did not get */
  flush(): Promise<number>;
}

/** Milliseconds without progress after which a reader counts as stalled. */
const STALL_MS = 60_000;

/**
 * @param giveUp ends all waiting for the reader
 * @param onGone is called once if the reader stalls or goes away
 */
export function createOutput(stream: NodeJS.WriteStream, giveUp: AbortSignal, onGone: () => void): Output {
  let isGone = false;
  let unwritten = 0;
  let drained: Promise<void> | undefined;
  neverBlock(stream);
  const gone = () => {
    if (!isGone) onGone();
    isGone = true;
  };
  // EPIPE: the reader has ended; EIO: the terminal was closed; ENOSPC: the disk is full. It comes again for each write.
  stream.on('error', gone);

  function add(text: string): boolean {
    unwritten += 1;
    if (isGone) return true;
    return stream.write(text, (error) => {
      if (!error) unwritten -= 1;
    });
  }

  /** Waits for the reader to take something. */
  function progress(event: 'drain' | 'written'): Promise<void> {
    if (giveUp.aborted) {
      gone();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        for (const name of ['drain', 'error', 'close'] as const) stream.off(name, end);
        giveUp.removeEventListener('abort', giveUpNow);
        resolve();
      };
      const giveUpNow = () => {
        gone();
        end();
      };
      const timer = setTimeout(giveUpNow, STALL_MS);
      giveUp.addEventListener('abort', giveUpNow);
      for (const name of ['drain', 'error', 'close'] as const) stream.on(name, end);
      if (event === 'written') stream.write('', end);
    });
  }

  return {
    isTerminal: Boolean(stream.isTTY),
    isPipe: !stream.isTTY && stream instanceof Socket,
    get columns() {
      // A terminal that does not know its width says 0.
      return stream.columns || 80;
    },
    async write(text) {
      if (add(text)) return;
      drained ??= progress('drain').finally(() => {
        drained = undefined;
      });
      await drained;
    },
    draw(text) {
      if (!isGone && !stream.writableNeedDrain) stream.write(text);
    },
    async flush() {
      while (!isGone && unwritten > 0) await progress('written');
      return unwritten;
    },
  };
}

/** Node writes to a terminal synchronously: one that is stopped, such as by Ctrl-S, would stop the whole process. */
function neverBlock(stream: NodeJS.WriteStream): void {
  (stream as { _handle?: { setBlocking?(isBlocking: boolean): void } })._handle?.setBlocking?.(false);
}
