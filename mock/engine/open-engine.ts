// Where answers come from: Prism, asked when the mock was built, or now.
import type { Engine } from './engine.ts';
import { openRecording } from './recorded-engine.ts';

/**
 * Opens the answers to a contract. A recording of the same contract saves half of the mock's start, which is the time
 * that Prism takes to load. Without one, Prism is asked now.
 * @param contractFile path of the OpenAPI document
 * @throws Error if there is no recording and Prism is not installed: the package comes without it
 */
export async function openEngine(contractFile: string): Promise<Engine> {
  const recorded = await openRecording(contractFile);
  if (recorded !== undefined) return recorded;
  const { createPrismEngine } = await import('./prism-engine.ts');
  try {
    return await createPrismEngine(contractFile);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    throw new Error(
      `${contractFile} has changed since the mock was built: run \`npm ci && npm run build\` in a checkout`,
    );
  }
}
