// Registries, proxies and other hosts that say what is not so, and images that claim to be placeholders: nothing is deleted,
// reported or restored by their word. All registries are scripted.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createPlaceholder } from '../../../../server/stores/registry/delete/placeholder.ts';
import { answering, type Fault } from '../../../support/faults.ts';
import { digestOf, imageManifest, RegistryClient } from '../../../support/registry-client.ts';
import type { RecordedRequest, ScriptedRegistry } from '../../../support/scripted-registry.ts';
import { appTag, outcome } from '../layout/synthetic.ts';
import {
  APP,
  deletesPlaceholder,
  digestsOf,
  expectImages,
  IMAGES,
  openStore,
  puts,
  startFilled,
  sweeps,
} from './scripted.ts';

const IMAGE_INDEX = 'application/vnd.oci.image.index.v1+json';
const OWN = digestOf(imageManifest('own'));
const sha512 = (bytes: Buffer) => `sha512:${createHash('sha512').update(bytes).digest('hex')}`;

const asksFor = (tag: string, { method, reference }: RecordedRequest) => method === 'GET' && reference === tag;

/** A placeholder that says to be another manifest. */
function lyingPlaceholder(digest: string, tag = 'v1'): Fault {
  const { bytes } = createPlaceholder(digestsOf({ [tag]: 'shared' }));
  return answering(200, { 'Content-Type': IMAGE_INDEX, 'Docker-Content-Digest': digest }, bytes.toString());
}

/** Replaces answers once a placeholder is on the tag. */
function afterPut(registry: ScriptedRegistry, fault: (request: RecordedRequest) => Fault | undefined): void {
  registry.traits = {
    ...registry.traits,
    fault: (request) => (puts(registry).length > 0 ? fault(request) : undefined),
  };
}

describe('A Docker-Content-Digest of another manifest', () => {
  test.each([
    ['from the start', 0],
    ['when the placeholder is on the tag', 1],
  ])('A tag survives whose digest another host names for a placeholder, after a redirect %s', async (_, since) => {
    let lies = 0;
    const lie = () => (lies++ <= 1 - since ? lyingPlaceholder(OWN) : answering(404));
    const elsewhere = await startFilled({ fault: lie }, '127.0.0.2');
    const registry = await startFilled();
    registry.traits = {
      ...registry.traits,
      fault: (request) =>
        asksFor('v1', request) && puts(registry).length >= since
          ? answering(307, { Location: new URL(request.path, elsewhere.url).href })
          : undefined,
    };
    const store = await openStore(registry, { deleteMode: 'fallback' });
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('not-understood');
    expect(registry.images(APP)).toMatchObject({ v2: 'shared', v3: 'own' });
    expect(elsewhere.requests).toEqual([]);
  });

  test.each(['auto', 'fallback'] as const)(
    'A tag survives whose digest the registry names for a placeholder (mode %s)',
    async (deleteMode) => {
      const registry = await startFilled();
      afterPut(registry, (request) => (asksFor('v1', request) ? lyingPlaceholder(OWN) : undefined));
      const store = await openStore(registry, { deleteMode });
      expect(await outcome(store.deleteTag(appTag('v1')))).not.toBe('deleted');
      await sweeps(registry, 1);
      expect(registry.images(APP)).toMatchObject({ v2: 'shared', v3: 'own' });
    },
  );

  test.each([OWN, 'sha256:short', 'md5:d41d8cd98f00b204e9800998ecf8427e', `${OWN}, ${OWN}`])(
    'A tag whose image comes with the digest %s keeps it',
    async (digest) => {
      const registry = await startFilled();
      registry.traits = {
        ...registry.traits,
        fault: (request) =>
          asksFor('v1', request)
            ? answering(200, { 'Docker-Content-Digest': digest }, imageManifest('shared').toString())
            : undefined,
      };
      expect(await outcome((await openStore(registry)).deleteTag(appTag('v1')))).toBe('not-understood');
      expect(registry.images(APP)).toEqual(IMAGES);
      expect(puts(registry)).toEqual([]);
    },
  );

  test('A registry that names digests by sha512, or none at all, deletes as any other', async () => {
    for (const headers of [{ 'Docker-Content-Digest': sha512(imageManifest('shared')) }, undefined]) {
      const registry = await startFilled({ deleteByTag: 'native' });
      registry.traits = {
        ...registry.traits,
        fault: (request) =>
          asksFor('v1', request) ? answering(200, headers, imageManifest('shared').toString()) : undefined,
      };
      const digest = headers?.['Docker-Content-Digest'] ?? digestOf(imageManifest('shared'));
      expect(await (await openStore(registry)).deleteTag(appTag('v1'))).toEqual({ digests: [digest] });
      expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
    }
  });

  test('A tag gets its image back if the registry names another digest for the stored placeholder', async () => {
    const registry = await startFilled();
    let puts = 0;
    registry.traits = {
      ...registry.traits,
      lost: ({ method }) =>
        method === 'PUT' && puts++ === 0 ? answering(201, { 'Docker-Content-Digest': OWN }) : undefined,
    };
    expect(await outcome((await openStore(registry)).deleteTag(appTag('v1')))).toBe('not-understood');
    expect(registry.images(APP)).toEqual(IMAGES);
  });
});

describe('A signed Docker manifest of schema 1', () => {
  /** Its digest leaves the signatures out. */
  function signed(payload: string): string {
    const part = { formatLength: payload.length - 1, formatTail: Buffer.from('}').toString('base64url') };
    const signature = { protected: Buffer.from(JSON.stringify(part)).toString('base64url') };
    return `${payload.slice(0, -1)},"signatures":[${JSON.stringify(signature)}]}`;
  }

  test('Its tag is deleted, and the digest of its payload returned', async () => {
    const payload = '{"schemaVersion":1,"name":"group/app","tag":"v1","fsLayers":[]}';
    const digest = digestOf(Buffer.from(payload));
    const registry = await startFilled({ deleteByTag: 'native' });
    const headers = {
      'Content-Type': 'application/vnd.docker.distribution.manifest.v1+prettyjws',
      'Docker-Content-Digest': digest,
    };
    registry.traits = {
      ...registry.traits,
      fault: (request) => (asksFor('v1', request) ? answering(200, headers, signed(payload)) : undefined),
    };
    expect(await (await openStore(registry)).deleteTag(appTag('v1'))).toEqual({ digests: [digest] });
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
  });

  test('An index that is signed in the same way cannot pass as the manifest of another tag', async () => {
    const registry = await startFilled();
    const { bytes } = createPlaceholder(digestsOf({ v1: 'shared' }));
    // The members of the placeholder come last, so that they count.
    const own = imageManifest('own').toString();
    const forged = signed(own).replace(/\}$/, `,${bytes.toString().slice(1)}`);
    afterPut(registry, (request) =>
      asksFor('v1', request)
        ? answering(200, { 'Content-Type': IMAGE_INDEX, 'Docker-Content-Digest': OWN }, forged)
        : undefined,
    );
    const store = await openStore(registry, { deleteMode: 'fallback' });
    expect(await outcome(store.deleteTag(appTag('v1')))).not.toBe('deleted');
    await sweeps(registry, 1);
    expect(registry.images(APP)).toMatchObject({ v2: 'shared', v3: 'own' });
  });
});

describe('A Content-Type that is not that of the manifest', () => {
  test('A tag that keeps its placeholder is not reported as deleted, and gets its image back with its media type', async () => {
    const registry = await startFilled({ deleteByDigest: 'keeps-tags' });
    const proxy = await startRewritingProxy(registry, 'application/json');
    const store = await openStore({ ...registry, url: proxy });
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deletion-disabled');
    expect(registry.images(APP)).toEqual(IMAGES);
    const restored = await new RegistryClient(registry.url.href).manifest(APP, 'v1');
    expect(restored?.mediaType).toBe('application/vnd.oci.image.manifest.v1+json');
  });

  test('A header that comes twice does not stop a delete', async () => {
    const registry = await startFilled();
    const proxy = await startRewritingProxy(registry, ['application/json', 'application/json']);
    const store = await openStore({ ...registry, url: proxy });
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
  });
});

describe('A list of tags whose pages never end', () => {
  test.each([
    ['the same page again', () => '?n=1&last=a'],
    ['two pages in turn', (path: string) => (path.includes('last=a') ? '?last=b' : '?last=a')],
  ])('A delete succeeds after a few requests: %s', async (_, next) => {
    const registry = await startFilled();
    registry.traits = {
      ...registry.traits,
      fault: ({ path }) =>
        path.includes('/tags/list')
          ? answering(200, { Link: `<${next(path)}>; rel="next"` }, JSON.stringify({ tags: ['v1', 'v2', 'v3'] }))
          : undefined,
    };
    expect(await outcome((await openStore(registry)).deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
    expect(registry.requests.length).toBeLessThan(30);
  });
});

describe('A redirect', () => {
  test('A redirect within the registry is followed when reading', async () => {
    const registry = await startFilled();
    registry.traits = {
      ...registry.traits,
      fault: ({ method, path }) =>
        method === 'GET' && !path.includes('?') ? answering(307, { Location: `${path}?redirected` }) : undefined,
    };
    const store = await openStore(registry);
    await expect(store.ready()).resolves.toBeUndefined();
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
  });

  test.each(['DELETE', 'PUT'])('A %s is never sent on, and the tag keeps its image', async (method) => {
    const elsewhere = await startFilled({}, '127.0.0.2');
    const registry = await startFilled();
    registry.traits = {
      ...registry.traits,
      fault: (request) =>
        request.method === method ? answering(307, { Location: new URL(request.path, elsewhere.url).href }) : undefined,
    };
    expect(await outcome((await openStore(registry)).deleteTag(appTag('v1')))).toBe('not-understood');
    expect(registry.images(APP)).toEqual(IMAGES);
    expect(elsewhere.requests).toEqual([]);
  });

  test('The failure names the address that an operator has to set', async () => {
    const registry = await startFilled({
      fault: ({ path }) => answering(301, { Location: `https://registry.example${path}` }),
    });
    const failure = await (await openStore(registry)).ready().catch((error: Error) => error);
    expect(String(failure)).toContain('https://registry.example/v2/');
  });
});

describe('An image that claims to be a placeholder', () => {
  test.each(['native', 'refused'] as const)(
    'The audit trail names the digest that the tag had, not the one that was claimed (deletes by tag %s)',
    async (deleteByTag) => {
      const registry = await startFilled({ deleteByTag });
      const { bytes, mediaType } = createPlaceholder(digestsOf({ v1: 'own' }));
      const client = new RegistryClient(registry.url.href);
      const digest = await client.putManifest(APP, 'v1', bytes, mediaType);
      expect(await (await openStore(registry)).deleteTag(appTag('v1'))).toEqual({ digests: [digest] });
      expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
    },
  );

  test('A sibling that holds the same claimed placeholder survives', async () => {
    const registry = await startFilled();
    const { bytes, mediaType } = createPlaceholder(digestsOf({ v1: 'own' }));
    const client = new RegistryClient(registry.url.href);
    for (const tag of ['v1', 'sibling']) await client.putManifest(APP, tag, bytes, mediaType);
    expect(await outcome((await openStore(registry)).deleteTag(appTag('v1')))).toBe('deleted');
    await expectImages(registry, { v2: 'shared', v3: 'own', sibling: 'placeholder' });
  });
});

test('A delete of a placeholder that is answered 404 is not reported as done while the tag has its image', async () => {
  const registry = await startFilled();
  const store = await openStore(registry);
  expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
  registry.traits = {
    ...registry.traits,
    fault: (request) => {
      if (request.method === 'PUT') return answering(201);
      return deletesPlaceholder(registry, request) ? answering(404) : undefined;
    },
  };
  expect(await outcome(store.deleteTag(appTag('v1')))).toBe('not-understood');
  expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared' });
});

/** Starts a proxy that replaces the Content-Type of manifests. @returns its URL */
async function startRewritingProxy({ url }: ScriptedRegistry, type: string | string[]): Promise<URL> {
  const http = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '' } = request;
    const answer = await fetch(new URL(request.url ?? '', url), {
      method,
      headers: { accept: request.headers.accept ?? '*/*', 'content-type': request.headers['content-type'] ?? '' },
      ...(chunks.length > 0 && { body: new Uint8Array(Buffer.concat(chunks)) }),
    });
    const isManifest = method === 'GET' && answer.ok && request.url?.includes('/manifests/');
    const body = Buffer.from(await answer.arrayBuffer());
    const digest = answer.headers.get('docker-content-digest');
    response
      .writeHead(answer.status, {
        'Content-Type': isManifest ? type : (answer.headers.get('content-type') ?? ''),
        ...(digest !== null && { 'Docker-Content-Digest': digest }),
      })
      .end(body);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return new URL(`http://127.0.0.1:${(http.address() as { port: number }).port}`);
}
