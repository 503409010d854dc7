import { openSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { ReadStream } from 'node:tty';

/** There is nobody who could be asked. */
export class CannotAsk extends Error {
  override readonly name = 'CannotAsk';
}

/**
 * Asks at the terminal, whatever standard input is: it may be the list.
 * @param signal ends the question; the answer is no then, as it is at the end of input
 * @throws CannotAsk where the process has no terminal
 */
export async function confirm(question: string, output: NodeJS.WritableStream, signal: AbortSignal): Promise<boolean> {
  const input = openTerminal();
  // The terminal itself shows what is typed.
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
