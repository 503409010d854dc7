// Picks the store by the settings, and opens it.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Logger } from 'pino';
import { type Config, isLoopback } from './operator/config.ts';
import { Problems } from './process/problems.ts';
import type { Store } from './store.ts';
import { openLayoutStore } from './stores/layout/layout-store.ts';
import { makeSamples } from './stores/layout/samples.ts';
import type { RegistrySettings } from './stores/registry/options.ts';
import { openRegistryStore } from './stores/registry/registry-store.ts';

const DEFAULT_DATA_DIR = 'data';

/**
 * Opens the store that the settings name. A first start without settings makes sample images.
 * @throws Problems for settings that turn out to be wrong; what the store throws, such as DataDirInUse
 */
export async function openStore({ DATA_DIR, registry }: Config, log: Logger): Promise<Store> {
  const dataDir = resolve(DATA_DIR ?? DEFAULT_DATA_DIR);
  if (registry !== undefined) return openRegistry(registry, dataDir, log);
  if (!existsSync(dataDir)) {
    await makeSamples(dataDir);
    log.info({ dataDir }, 'made sample images');
  }
  return openLayoutStore(dataDir, log);
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
