import { openSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { ReadStream } from 'node:tty';

/** The process has no terminal to ask at. */
export class CannotAsk extends Error {
  override readonly name = 'CannotAsk';
}

/**
 * Asks at the terminal, never on standard input: that may be the list.
 * @param signal ends the question; the answer is then no, as at the end of input
 * @throws CannotAsk if the process has no terminal
 */
export async function confirm(question: string, output: NodeJS.WritableStream, signal: AbortSignal): Promise<boolean> {
  const input = openTerminal();
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
  }
}

function openTerminal(): ReadStream {
  try {
    return new ReadStream(openSync('/dev/tty', 'r'));
  } catch (error) {
    throw new CannotAsk('there is no terminal to ask at: --yes deletes without asking', { cause: error });
  }
}
