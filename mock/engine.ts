// Where answers come from: Prism, asked when the mock was built, or now.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { AnyReply } from '../server/http/reply/reply.ts';

/** What Prism reads from one operation of the contract. */
export interface Declared {
  readonly statuses: readonly number[];
  /** Status of each named example. */
  readonly examples: ReadonlyMap<string, number>;
}

/** Produces answers from the contract's examples. */
export interface Engine {
  /** @throws Error if the contract has no such operation */
  declared(operationId: string): Declared;
  /**
   * @param example name of an example of this status; if omitted, Prism chooses
   * @throws Error if the contract declares no such answer
   */
  answer(operationId: string, status: number, example?: string): Promise<AnyReply>;
}

/** Every answer that Prism gives for a contract. */
export interface Recording {
  /** SHA-256 of the contract, in hexadecimal. */
  readonly contract: string;
  readonly operations: Readonly<
    Record<
      string,
      {
        readonly statuses: readonly number[];
        readonly examples: readonly (readonly [name: string, status: number])[];
        /** By `answerKey`. */
        readonly answers: Readonly<Record<string, AnyReply>>;
      }
    >
  >;
}

/** Written by record-answers.ts in the build. There is none beside the sources. */
export const recordingFile = new URL('answers.json', import.meta.url);

/** Names an answer inside an operation. */
export function answerKey(status: number, example: string | undefined): string {
  return example === undefined ? String(status) : `${status} ${example}`;
}

/**
 * Opens the answers to a contract. A recording of the same contract saves half of the mock's start, which is the time
 * that Prism takes to load; without one, Prism is asked now.
 * @param contractFile path of the OpenAPI document
 */
export async function openEngine(contractFile: string): Promise<Engine> {
  const recording = await readRecording().catch(() => undefined);
  if (recording?.contract === (await hashOf(contractFile))) return recordedEngine(recording);
  const { createPrismEngine } = await import('./prism-engine.ts');
  return createPrismEngine(contractFile);
}

/** SHA-256 of a file, in hexadecimal. */
export async function hashOf(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

async function readRecording(): Promise<Recording> {
  return JSON.parse(await readFile(recordingFile, 'utf8'));
}

function recordedEngine({ operations }: Recording): Engine {
  const declared = new Map(
    Object.entries(operations).map(([id, { statuses, examples }]) => [id, { statuses, examples: new Map(examples) }]),
  );
  return {
    declared(operationId) {
      const found = declared.get(operationId);
      if (found === undefined) throw new Error(`the recording does not know the operation ${operationId}`);
      return found;
    },
    async answer(operationId, status, example) {
      const answer = operations[operationId]?.answers[answerKey(status, example)];
      if (answer === undefined) throw new Error(`the contract declares no answer ${answerKey(status, example)}`);
      return answer;
    },
  };
}
