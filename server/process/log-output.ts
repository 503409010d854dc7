// The way of a log to a reader that may be slow, stalled or gone. Not pino's own destination: sonic-boom 4.2.1 writes
// what is left synchronously at the process's exit, and repeats an EPIPE for ever; its writes in the thread pool to a
// full pipe hold up process.exit(), which waits for the pool.

interface LogOutputOptions {
  /** Max characters that wait to be written. Beyond that lines are lost. */
  readonly maxWaiting: number;
  /** Told why lines were lost: the stream's error, or too much that waits. May be called more than once. */
  readonly onLoss: (reason: string) => void;
}

/** Writes lines to a stream without ever blocking: all lines of a turn of the event loop at once, a batch at a time. */
export class LogOutput {
  readonly #stream: NodeJS.WritableStream;
  readonly #options: LogOutputOptions;
  #waiting = '';
  #isUnderWay = false;
  readonly #idle: (() => void)[] = [];

  constructor(stream: NodeJS.WritableStream, options: LogOutputOptions) {
    this.#stream = stream;
    this.#options = options;
    // The callback of a write tells of its error; without a listener the event would end the process.
    stream.on('error', () => undefined);
  }

  /** @param line with its end of line */
  write(line: string): void {
    if (this.#waiting.length + line.length > this.#options.maxWaiting) {
      this.#options.onLoss('nobody reads it');
      return;
    }
    this.#waiting += line;
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    setImmediate(() => this.#writeBatch());
  }

  /** Resolves once nothing waits any more; with a stalled reader, never. */
  flush(): Promise<void> {
    return this.#isUnderWay ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  #writeBatch(): void {
    const batch = this.#waiting;
    this.#waiting = '';
    this.#stream.write(batch, (error) => {
      if (error) this.#options.onLoss(error.message);
      if (this.#waiting !== '') {
        setImmediate(() => this.#writeBatch());
        return;
      }
      this.#isUnderWay = false;
      for (const resolve of this.#idle.splice(0)) resolve();
    });
  }
}
