import { openSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { isatty, ReadStream, WriteStream } from 'node:tty';

/** The process has no terminal to ask at. */
export class CannotAsk extends Error {
  override readonly name = 'CannotAsk';
}

/**
 * Whether a person runs the command: one of its standard streams is a terminal. The others may be a list, a pager or a
 * log. A script redirects all three.
 */
export function isAtTerminal(): boolean {
  return [0, 1, 2].some((descriptor) => isatty(descriptor));
}

/**
 * Asks at the terminal itself: standard input may be the list, standard error a log.
 * @param signal ends the question; the answer is then no, as at the end of input
 * @throws CannotAsk if the process has no terminal
 */
export async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  const { input, output } = openTerminal();
  // The terminal itself echoes what is typed.
  const terminal = createInterface({ input, output, terminal: false });
  const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([terminal.question(`${question} [y/N] `, { signal }), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    terminal.close();
    input.destroy();
    output.destroy();
  }
}

function openTerminal(): { readonly input: ReadStream; readonly output: WriteStream } {
  try {
    const input = new ReadStream(openSync('/dev/tty', 'r'));
    const output = new WriteStream(openSync('/dev/tty', 'w'));
    // A terminal that is closed meanwhile answers nothing.
    for (const stream of [input, output]) stream.on('error', () => input.destroy());
    return { input, output };
  } catch (error) {
    throw new CannotAsk('there is no terminal to ask at: --yes deletes without asking', { cause: error });
  }
}
