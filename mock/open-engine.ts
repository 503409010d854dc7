// Where answers come from: Prism, asked when the mock was built, or now.
import type { Engine } from './engine.ts';
import { openRecording } from './recorded-engine.ts';

/**
 * Opens the answers to a contract. A recording of the same contract saves half of the mock's start, which is the time
 * that Prism takes to load. Without one, Prism is asked now.
 * @param contractFile path of the OpenAPI document
 */
export async function openEngine(contractFile: string): Promise<Engine> {
  const recorded = await openRecording(contractFile);
  if (recorded !== undefined) return recorded;
  const { createPrismEngine } = await import('./prism-engine.ts');
  return createPrismEngine(contractFile);
}
