// Makes repositories with many tags quickly: every tag names the same image.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageTag } from '../../../server/store.ts';
import { writeLayout } from '../../server/stores/layout/synthetic.ts';
import { tagNamesIn } from '../../support/layouts.ts';

/** A repository of the organization `group` with its tags. */
export interface Repository {
  readonly layout: string;
  readonly images: readonly ImageTag[];
}

const NAMESPACE = 'group';

/** Writes a layout `group/<repository>` below a directory. */
export async function writeRepository(
  dataDir: string,
  repository: string,
  tags: readonly string[],
): Promise<Repository> {
  const layout = join(dataDir, NAMESPACE, repository);
  await writeLayout(layout, ['first']);
  const { manifests } = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as { manifests: [object] };
  const named = tags.map((tag) => ({ ...manifests[0], annotations: { 'org.opencontainers.image.ref.name': tag } }));
  await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: named }));
  return { layout, images: tags.map((tag) => ({ namespace: NAMESPACE, repository, tag })) };
}

/** The tags of a layout. @throws if its index is not valid JSON */
export async function tagsOf(layout: string): Promise<ReadonlySet<string>> {
  return new Set(await tagNamesIn(layout));
}

/** The first `count` images of each repository, one of each repository in turn. */
export function inTurn(repositories: readonly Repository[], count: number): Repository['images'][number][] {
  return Array.from({ length: count }, (_, position) =>
    repositories.flatMap(({ images }) => images.slice(position, position + 1)),
  ).flat();
}
