import type { Response } from 'express';

/** Which answer a request got, and why: for its line in the log. */
export interface AnswerNote {
  /** Name of the contract's example. Undefined for a success. */
  readonly example?: string | undefined;
  readonly why: string;
}

export function noteAnswer(response: Response, note: AnswerNote): void {
  response.locals['answerNote'] = note;
}

export function answerNoteOf(response: Response): AnswerNote | undefined {
  return response.locals['answerNote'] as AnswerNote | undefined;
}
