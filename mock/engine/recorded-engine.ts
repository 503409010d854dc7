// Answers that Prism gave when the mock was built.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { contractFile as packagedContract } from '../../server/http/contract.ts';
import type { AnyReply } from '../../server/http/reply/reply.ts';
import { answerKey, type Engine } from './engine.ts';

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

/** Written by record-answers.ts in the build. The path is the same from the sources and from the build. */
export const recordingFile = new URL('../dist/mock/answers.json', pathToFileURL(packagedContract));

/** SHA-256 of a file, in hexadecimal. */
export async function hashOf(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

/**
 * Opens the recording.
 * @returns undefined if no recording matches this contract
 */
export async function openRecording(contractFile: string): Promise<Engine | undefined> {
  const text = await readFile(recordingFile, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const recording: Recording = JSON.parse(text);
  return recording.contract === (await hashOf(contractFile)) ? recordedEngine(recording) : undefined;
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
