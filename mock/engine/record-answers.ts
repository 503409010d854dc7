// A step of the build: asks Prism for every answer that the contract declares, so that the mock starts without Prism.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { operations } from '../../generated/contract.ts';
import { contractFile } from '../../server/http/contract.ts';
import type { AnyReply } from '../../server/http/reply/reply.ts';
import { answerKey, type Engine } from './engine.ts';
import { createPrismEngine } from './prism-engine.ts';
import { hashOf, type Recording, recordingFile } from './recorded-engine.ts';

const engine = await createPrismEngine(contractFile);
const entries = Object.keys(operations).map(async (id) => [id, await recordOf(engine, id)] as const);
const recording: Recording = {
  contract: await hashOf(contractFile),
  operations: Object.fromEntries(await Promise.all(entries)),
};
// Renamed when it is whole: a mock that starts meanwhile, or after a build that was interrupted, never reads half of it.
const unfinished = new URL(`answers.json.${process.pid}`, recordingFile);
await mkdir(new URL('.', recordingFile), { recursive: true });
await writeFile(unfinished, JSON.stringify(recording));
await rename(unfinished, recordingFile);

async function recordOf(prism: Engine, id: string): Promise<Recording['operations'][string]> {
  const { statuses, examples } = prism.declared(id);
  const wanted = [...statuses.map((status) => [undefined, status] as const), ...examples];
  const answers: Record<string, AnyReply> = {};
  for (const [example, status] of wanted) answers[answerKey(status, example)] = await prism.answer(id, status, example);
  return { statuses, examples: [...examples], answers };
}
