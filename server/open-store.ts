// Picks the store by the settings, and opens it.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Logger } from 'pino';
import { isLoopback } from './operator/loopback.ts';
import type { Config } from './operator/settings/config.ts';
import { Problems } from './process/input/problems.ts';
import type { ImageTag, Store } from './store.ts';
import { openLayoutStore } from './stores/layout/layout-store.ts';
import { makeSamples, remainingSample } from './stores/layout/samples.ts';
import type { RegistrySettings } from './stores/registry/options.ts';
import { openRegistryStore } from './stores/registry/registry-store.ts';

const DEFAULT_DATA_DIR = 'data';

/**
 * Opens the store that the settings name. A first start without settings makes sample images.
 * @throws Problems for settings that turn out to be wrong; what the store throws, such as DataDirInUse
 */
export async function openStore({ DATA_DIR, registry }: Config, log: Logger): Promise<Store> {
  const dataDir = directoryOf(DATA_DIR);
  if (registry !== undefined) return openRegistry(registry, dataDir, log);
  if (!existsSync(dataDir)) {
    await makeSamples(dataDir);
    log.info({ dataDir }, 'made sample images');
  }
  return openLayoutStore(dataDir, log);
}

/** An image that a person can delete for a try. @returns undefined if there is no sample image any more */
export async function imageToTry({ DATA_DIR, registry }: Config): Promise<ImageTag | undefined> {
  return registry === undefined ? remainingSample(directoryOf(DATA_DIR)) : undefined;
}

function directoryOf(dataDir: string | undefined): string {
  return resolve(dataDir ?? DEFAULT_DATA_DIR);
}

async function openRegistry(settings: RegistrySettings, stateDir: string, log: Logger): Promise<Store> {
  const { url, credentials, authFile } = settings;
  if (url.protocol === 'http:' && (credentials ?? authFile) !== undefined && !isLoopback(url.hostname)) {
    log.warn({ registry: url.href }, 'credentials travel to the registry without TLS');
  }
  try {
    return await openRegistryStore({ ...settings, stateDir }, log);
  } catch (error) {
    if (!(error instanceof Problems)) throw error;
    throw new Problems(error.problems.map((problem) => `REGISTRY_AUTH_FILE ${authFile}: ${problem}`));
  }
}
