import { expect, onTestFinished, test } from 'vitest';
import { Connection } from '../../../../server/stores/registry/api/connection.ts';
import { Distribution } from '../../../../server/stores/registry/api/distribution.ts';
import { numbered } from '../layout/synthetic.ts';
import { APP, startFilled } from './scripted.ts';

test('Only the wanted tags of a long list are kept', async () => {
  const registry = await startFilled({ pageSize: 100 });
  registry.fill(APP, Object.fromEntries(numbered('other', 1_000).map((tag) => [tag, 'other'])));
  const connection = new Connection({});
  onTestFinished(() => connection.close());
  const distribution = new Distribution(registry.url, connection, async () => undefined);
  const { hasRepository, tags } = await distribution.listTags(APP, new Set(['v1', 'v3', 'missing']), 100);
  expect(hasRepository).toBe(true);
  expect([...(tags ?? [])].toSorted()).toEqual(['v1', 'v3']);
});
