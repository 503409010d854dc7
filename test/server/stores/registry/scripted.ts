// Scripted registries and stores for one test each. They end with the test.
import { onTestFinished, vi } from 'vitest';
import type { Store } from '../../../../server/store.ts';
import { createPlaceholder } from '../../../../server/stores/registry/delete/placeholder.ts';
import { Intents } from '../../../../server/stores/registry/intents.ts';
import { openRegistryStore, type RegistryStoreOptions } from '../../../../server/stores/registry/registry-store.ts';
import { temporaryDirectory } from '../../../support/programs.ts';
import { digestOf, imageManifest, RegistryClient, type StoredManifest } from '../../../support/registry-client.ts';
import {
  type RecordedRequest,
  type ScriptedRegistry,
  startScriptedRegistry,
  type Traits,
} from '../../../support/scripted-registry.ts';
import { silent } from '../layout/synthetic.ts';

export const APP = 'group/app';
/** The directory of a store's intents. */
export const INTENTS = '.registry-intents';
/** The images of the repository at the start. */
export const IMAGES = { v1: 'shared', v2: 'shared', v3: 'own' } as const;
/** Milliseconds. Recovery sweeps every second, and less often after a failure. */
const SWEPT_MS = 20_000;

/** Starts a registry that has IMAGES. @param host an address of loopback */
export async function startFilled(traits: Partial<Traits> = {}, host?: string): Promise<ScriptedRegistry> {
  const registry = await startScriptedRegistry(traits, host);
  onTestFinished(registry.close);
  registry.fill(APP, IMAGES);
  return registry;
}

/** Opens a store, by default on a directory of its own. */
export async function openStore(
  { url }: ScriptedRegistry,
  options: Partial<RegistryStoreOptions> = {},
  log = silent,
): Promise<Store> {
  const stateDir = options.stateDir ?? (await freshDirectory());
  const store = await openRegistryStore({ url, ...options, stateDir }, log);
  onTestFinished(() => store.close());
  return store;
}

/** @returns the path of a directory that goes with the test */
export async function freshDirectory(): Promise<string> {
  const { path, remove } = await temporaryDirectory();
  onTestFinished(remove);
  return path;
}

/**
 * Does what a server does before it is killed between the two steps of a delete.
 * @param images the image that each tag had, as its text
 * @param intended the images in its intent, if they differ
 * @returns the placeholder that the tags hold now
 */
export async function abandonDelete(
  registry: ScriptedRegistry,
  stateDir: string,
  images: Readonly<Record<string, string>>,
  intended = images,
): Promise<StoredManifest> {
  await new Intents(stateDir, registry.url, silent).record(APP, digestsOf(intended));
  const placeholder = createPlaceholder(digestsOf(images));
  const client = new RegistryClient(registry.url.href);
  for (const tag of Object.keys(images)) await client.putManifest(APP, tag, placeholder.bytes, placeholder.mediaType);
  return placeholder;
}

/** As `abandonDelete`, and the registry leaves v1 listed without a manifest, as during a push. */
export async function leaveHalfDeleted(registry: ScriptedRegistry, stateDir: string): Promise<void> {
  const { digest } = await abandonDelete(registry, stateDir, { v1: 'shared' });
  registry.traits = { ...registry.traits, isUntagTorn: () => true };
  await new RegistryClient(registry.url.href).deleteManifest(APP, digest);
  registry.traits = { ...registry.traits, isUntagTorn: () => false };
}

export function digestsOf(images: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(images).map(([tag, text]) => [tag, digestOf(imageManifest(text))]));
}

const isTag = ({ reference }: RecordedRequest) => reference !== undefined && !reference.startsWith('sha256:');
export const isManifest = ({ reference }: RecordedRequest) => reference !== undefined;
/** Requests that delete by tag, and those that delete by digest. */
export const deletesTag = (request: RecordedRequest) => request.method === 'DELETE' && isTag(request);
export const deletesDigest = (request: RecordedRequest) => request.method === 'DELETE' && !isTag(request);

/** Whether a request deletes a manifest that was PUT, not a random digest. */
export function deletesPlaceholder({ requests }: ScriptedRegistry, request: RecordedRequest): boolean {
  return (
    deletesDigest(request) &&
    requests.some(({ method, body }) => method === 'PUT' && digestOf(body) === request.reference)
  );
}

/** Whether a request is about a tag that the server made to try deletes on, or about a manifest without a tag. */
export function isProbe({ method, reference = '' }: RecordedRequest): boolean {
  return reference.startsWith('swr-tag-delete.probe-') || (method === 'PUT' && reference.startsWith('sha256:'));
}

/** The tags that got a manifest, without those of probes, in order. @param since the number of requests to skip */
export function puts({ requests }: ScriptedRegistry, since = 0): (string | undefined)[] {
  return requests
    .slice(since)
    .filter((request) => request.method === 'PUT' && !isProbe(request))
    .map(({ reference }) => reference);
}

/** Resolves when recovery has listed the tags `count` more times. */
export async function sweeps({ requests }: ScriptedRegistry, count: number): Promise<void> {
  const looks = () => requests.filter(({ path }) => path.includes('/tags/list')).length;
  const before = looks();
  await vi.waitUntil(() => looks() >= before + count, { timeout: SWEPT_MS, interval: 20 });
}

/** Resolves when the repository has exactly these images. @throws with what it has instead */
export async function expectImages(registry: ScriptedRegistry, images: Readonly<Record<string, string>>) {
  await vi.waitFor(
    () => {
      const has = registry.images(APP);
      if (JSON.stringify(Object.entries(has).sort()) !== JSON.stringify(Object.entries(images).sort()))
        throw new Error(`the registry has ${JSON.stringify(has)} instead of ${JSON.stringify(images)}`);
    },
    { timeout: SWEPT_MS, interval: 20 },
  );
}
