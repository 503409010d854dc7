// Many concurrent deletes in a real registry, by one server, by several, and by servers that are killed. In the end exactly
// the tags that were asked for are gone. FAULTS=full takes more tags and kills more often.
import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { tokenSha256 } from '../../../../server/http/auth/token.ts';
import { openRegistryStore } from '../../../../server/stores/registry/registry-store.ts';
import { seededRandom } from '../../../support/faults.ts';
import { copyImage, makeImages, pullImage } from '../../../support/images.ts';
import { type ServerProcess, startServerProcess } from '../../../support/process.ts';
import { areMissing, temporaryDirectory } from '../../../support/programs.ts';
import { DELETES, type Registry, startRegistry } from '../../../support/registry.ts';
import { inParallel, RegistryClient } from '../../../support/registry-client.ts';
import { appTag, numbered, outcome, silent } from '../layout/synthetic.ts';

const APP = 'group/app';
const CONCURRENCY = 16;
const SECRET = 'the-token-of-this-test';
const IS_FULL = process.env['FAULTS'] === 'full';
const TAGS = IS_FULL ? 1_000 : 300;
const SHARED_TAGS = IS_FULL ? 240 : 120;
const KILLS = IS_FULL ? 20 : 4;
const TIMEOUT_MS = IS_FULL ? 600_000 : 120_000;
/** Milliseconds. Leaves some of the two cores to the registry. */
const PUSH_PAUSE_MS = 150;
/** Deletes that a server is asked for before it is killed: more than it can finish. */
const DELETES_PER_LIFE = 48;
/** Max placeholders, or deletes of tags, that the registry takes from a server before it is killed among them. */
const STEPS_PER_LIFE = 30;
const STEPS_MS = 20_000;
/** Milliseconds in which a restarted server has finished what was begun, and every tag has been looked at. */
const RECOVERED_MS = IS_FULL ? 60_000 : 15_000;

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let registry: Registry;
let client: RegistryClient;
let processes: ServerProcess[];

/** Images of tags. Every second tag shares its image with nine others. */
const imagesOf = (tags: readonly string[]) =>
  tags.map((tag, position) => [tag, position % 2 === 0 ? tag : `shared-${position % 20}`] as const);

async function start(options: Parameters<typeof startRegistry>[0]): Promise<void> {
  registry = await startRegistry(options);
  client = new RegistryClient(registry.url);
}

/** Starts a server for the registry. @param name the name of its state directory */
async function startServer(name: string): Promise<ServerProcess> {
  const stateDir = `${directory.path}/${name}`;
  await mkdir(stateDir, { recursive: true });
  const credentials = `${directory.path}/credentials.yaml`;
  await writeFile(
    credentials,
    `principals:\n  - name: ci\n    tokenSha256: ${tokenSha256(SECRET)}\n    namespaces: [group]\n`,
  );
  const server = startServerProcess({
    STORE: 'registry',
    REGISTRY_URL: registry.url,
    DATA_DIR: stateDir,
    CREDENTIALS_FILE: credentials,
  });
  processes.push(server);
  await server.url;
  return server;
}

/** @returns the status of the answer; 0 if none came */
async function deleteThrough(url: string, tag: string): Promise<number> {
  const path = `/v2/manage/namespaces/group/repos/app/tags/${tag}`;
  return fetch(url + path, { method: 'DELETE', headers: { 'X-Auth-Token': SECRET } }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => 0,
  );
}

/** The number of steps in the registry's log that change tags: PUTs of placeholders, or deletes if it deletes by tag. */
const steps = () =>
  registry.log().split(`"${DELETES === undefined ? 'PUT' : 'DELETE'} /v2/group/app/manifests/`).length;

/** Expects an image on every listed tag. */
async function expectWhole(): Promise<void> {
  expect(await client.dangling(APP)).toEqual([]);
  expect(await client.placeholders(APP)).toEqual([]);
}

describe.skipIf(areMissing('docker-registry', 'skopeo', 'umoci'))('Deletes in a registry', () => {
  beforeEach(async () => {
    directory = await temporaryDirectory();
    await start({});
    processes = [];
  });

  afterEach(async () => {
    for (const { child, ended } of processes) {
      child.kill('SIGKILL');
      await ended;
    }
    await registry.stop();
    await directory.remove();
  });

  test.each([
    ['without a cache of descriptors', false],
    ['with a cache of descriptors', true],
  ])(
    `Exactly the ${TAGS} deleted tags are gone while skopeo pushes to the repository, %s`,
    { timeout: TIMEOUT_MS },
    async (_, cache) => {
      await registry.stop();
      await start({ cache });
      await makeImages(`${directory.path}/images`);
      const [gone, kept] = [numbered('gone', TAGS), numbered('kept', 40)];
      const digests = await client.push(APP, imagesOf([...gone, ...kept]));
      const store = await openRegistryStore({ url: new URL(registry.url), stateDir: directory.path }, silent);
      const pushed: string[] = [];
      const reference = (tag: string) => `docker://${new URL(registry.url).host}/${APP}:${tag}`;
      let isDeleting = true;
      const pushing = (async () => {
        while (isDeleting) {
          const tag = `pushed-${pushed.length}`;
          await copyImage(`oci:${directory.path}/images:first`, reference(tag), '--dest-tls-verify=false');
          pushed.push(tag);
          await delay(PUSH_PAUSE_MS);
        }
      })();
      const failed: string[] = [];
      const startedAt = performance.now();
      await inParallel(
        gone,
        async (tag) => {
          const how = await outcome(store.deleteTag(appTag(tag)));
          if (how !== 'deleted') failed.push(`${tag}: ${how}`);
        },
        CONCURRENCY,
      ).finally(() => {
        isDeleting = false;
      });
      const seconds = (performance.now() - startedAt) / 1_000;
      await pushing;
      await store.close();
      console.info(`${(gone.length / seconds).toFixed(0)} deletes/s beside ${pushed.length} pushes`);
      expect(failed).toEqual([]);
      expect(await client.tags(APP)).toEqual([...kept, ...pushed].toSorted());
      await expectWhole();
      for (const tag of kept) expect(await client.head(APP, tag), tag).toBe(digests.get(tag));
      expect(pushed.length).toBeGreaterThan(2);
      expect(await pullImage(reference(pushed[0] as string), '--src-tls-verify=false')).toEqual(
        await pullImage(`oci:${directory.path}/images:first`),
      );
    },
  );

  test('Each tag that is deleted through two of three servers is gone, and was answered 204', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const [gone, kept] = [numbered('gone', SHARED_TAGS), numbered('kept', 20)];
    await client.push(APP, imagesOf([...gone, ...kept]));
    const urls = await Promise.all(['one', 'two', 'three'].map(async (name) => (await startServer(name)).url));
    const answers = new Map<string, number[]>(gone.map((tag) => [tag, []]));
    await Promise.all(
      urls.map((url, server) =>
        inParallel(
          // Each server gets another two thirds.
          gone.filter((_, position) => position % 3 !== server),
          async (tag) => {
            // A caller retries after 500.
            let status = await deleteThrough(url, tag);
            for (let tries = 0; status === 500 && tries < 5; tries += 1) status = await deleteThrough(url, tag);
            answers.get(tag)?.push(status);
          },
          CONCURRENCY,
        ),
      ),
    );
    const strange = [...answers].filter(
      ([, [first = 0, second = 0]]) => ![first, second].includes(204) || ![204, 404].includes(Math.max(first, second)),
    );
    expect(strange).toEqual([]);
    expect(await client.tags(APP)).toEqual(kept.toSorted());
    await expectWhole();
  });

  test(`A server that is killed ${KILLS} times leaves no placeholder and no dangling tag`, {
    timeout: TIMEOUT_MS,
  }, async () => {
    const random = seededRandom(20);
    const [gone, kept] = [numbered('gone', KILLS * DELETES_PER_LIFE), numbered('kept', 20)];
    const digests = await client.push(APP, imagesOf([...gone, ...kept]));
    const asked = new Set<string>();
    const answered = new Set<string>();
    let halfDone = 0;
    for (let life = 0; life < KILLS; life += 1) {
      const server = await startServer('state');
      // Every second server is left to recover first.
      if (life % 2 === 1) await vi.waitFor(expectWhole, { timeout: RECOVERED_MS, interval: 500 });
      const enough = steps() + 1 + Math.floor(random() * STEPS_PER_LIFE);
      const url = await server.url;
      const itsOwn = gone.slice(life * DELETES_PER_LIFE, (life + 1) * DELETES_PER_LIFE);
      const deleting = inParallel(
        itsOwn,
        async (tag) => {
          if (server.child.signalCode !== null) return;
          asked.add(tag);
          if ((await deleteThrough(url, tag)) === 204) answered.add(tag);
        },
        CONCURRENCY,
      );
      await vi.waitUntil(() => steps() >= enough, { timeout: STEPS_MS, interval: 2 });
      server.child.kill('SIGKILL');
      await Promise.all([deleting, server.ended]);
      // The registry is still busy with the server's requests, and answers 500 for a half-written tag.
      const left = await vi.waitFor(
        async () => [...(await client.placeholders(APP, itsOwn)), ...(await client.dangling(APP, itsOwn))],
        { timeout: RECOVERED_MS, interval: 100 },
      );
      expect(left.filter((tag) => answered.has(tag))).toEqual([]);
      halfDone += left.length;
    }
    console.info(`${asked.size} asked for, ${answered.size} answered 204, ${halfDone} half done`);
    // Otherwise there was nothing to recover. A registry that deletes by tag has no tag half deleted.
    if (DELETES === undefined) expect(halfDone).toBeGreaterThan(0);
    await startServer('state');
    await vi.waitFor(expectWhole, { timeout: RECOVERED_MS, interval: 500 });
    // Some of the tags that were under way are gone; all others are untouched.
    const tags = await client.tags(APP);
    const untouched = [...kept, ...gone.filter((tag) => !asked.has(tag))];
    expect(tags).toEqual(expect.arrayContaining(untouched));
    expect(tags.filter((tag) => answered.has(tag))).toEqual([]);
    for (const tag of kept) expect(await client.head(APP, tag), tag).toBe(digests.get(tag));
  });
});
