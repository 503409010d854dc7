// The log of the mock: one line for each request, for people or as JSON.
import type { Failure } from '../server/http/reply/failures.ts';
import { printable, printableJsonLine } from '../server/process/printable.ts';

/** Writes one line. @param line without a line break */
export type WriteLine = (line: string) => void;

/** One request and its answer. */
interface RequestRecord {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  /** Undefined if no answer was sent. */
  readonly status: number | undefined;
  /** Name of the contract's example. */
  readonly example: string | undefined;
  readonly why: string;
  /** Whether the connection ended in the middle of the answer. */
  readonly isCutOff: boolean;
  readonly ms: number;
}

/** Where the mock reports what happens. */
export interface MockLog {
  request(record: RequestRecord): void;
  /** Bytes that never became a request. */
  refusal(failure: Failure, requestId: string): void;
  message(text: string): void;
  /** @param example a command that the mock answers */
  listening(url: string, example: string): void;
}

/** For people: time, request, answer and reason. */
export function textLog(write: WriteLine): MockLog {
  const writeTimed = (text: string) => write(`${now()} ${printable(text)}`);
  return {
    request({ requestId, method, path, status = 'no answer', example, why, isCutOff, ms }) {
      const answer = example === undefined ? status : `${status} ${example}`;
      const reason = isCutOff ? `${why}, cut off` : why;
      writeTimed(`${method} ${path} -> ${answer} (${reason}) ${ms.toFixed(1)} ms ${requestId}`);
    },
    refusal(failure, requestId) {
      writeTimed(`no request -> ${failure.status} ${failure.kind} (${reasonOf(failure)}) ${requestId}`);
    },
    message: writeTimed,
    listening(url, example) {
      write(`The mock listens on ${url} (docs at ${url}/docs). Try`);
      write(`  ${example}`);
    },
  };
}

/** For programs: one JSON object a line. */
export function jsonLog(write: WriteLine): MockLog {
  const writeObject = (fields: object) => write(printableJsonLine(JSON.stringify({ time: now(), ...fields })));
  return {
    request({ status, isCutOff, ms, why, ...record }) {
      const cut = isCutOff && { cutOff: true };
      writeObject({ ...record, status: status ?? null, reason: why, ms: Number(ms.toFixed(1)), ...cut });
    },
    refusal(failure, requestId) {
      writeObject({ requestId, status: failure.status, example: failure.kind, reason: reasonOf(failure) });
    },
    message: (text) => writeObject({ message: text }),
    listening: (url) => writeObject({ message: 'listening', url, docs: `${url}/docs` }),
  };
}

function reasonOf({ cause }: Failure): string {
  return (cause as Error | undefined)?.message ?? 'refused before routing';
}

function now(): string {
  return new Date().toISOString();
}
