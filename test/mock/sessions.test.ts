// What the mock remembers: per session, and within bounds.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listedImages } from '../../mock/sessions/images.ts';
import { Sessions } from '../../mock/sessions/sessions.ts';
import { expectExample, expectFixedHeaders } from '../support/contract.ts';
import { ask, requestText } from '../support/wire.ts';
import { pathOf, startMock, type TestMock } from './start-mock.ts';

let mock: TestMock;
beforeEach(async () => {
  mock = await startMock();
});
afterEach(() => mock.close());

const inSession = (id: string) => ({ 'X-Mock-Session': id });
const status = async (tag: string, headers = {}) => (await mock.deleteTag(tag, headers)).status;
const control = (line: string) => ask(mock.url, requestText(line, { Connection: 'close' }));

describe('State', () => {
  test('A tag is deleted once. The second delete returns 404 tag-not-found, and its siblings survive', async () => {
    expect(await status('v1')).toBe(204);
    expectExample(await mock.deleteTag('v1'), 'tag-not-found');
    expect(await status('v2')).toBe(204);
    expect(await status('V1')).toBe(204);
  });

  test('team$app and team%24app name the same repository', async () => {
    const remove = (name: string) =>
      ask(
        mock.url,
        requestText(`DELETE ${pathOf('v1', `group/repos/${name}`)}`, { 'X-Auth-Token': 'any', Connection: 'close' }),
      );
    expect((await remove('team$app')).status).toBe(204);
    expect((await remove('team%24app')).status).toBe(404);
  });

  test('Of several simultaneous deletes, exactly one returns 204', async () => {
    const statuses = await Promise.all(Array.from({ length: 20 }, () => status('v1')));
    expect(statuses.filter((one) => one === 204)).toHaveLength(1);
    expect(statuses.filter((one) => one === 404)).toHaveLength(19);
  });

  test('A refused request deletes nothing', async () => {
    expect((await ask(mock.url, requestText(`DELETE ${pathOf('v1')}`, { Connection: 'close' }))).status).toBe(401);
    expect(await status('v1?force=true')).toBe(400);
    expect(await status('v1', { Prefer: 'code=500' })).toBe(500);
    expect(await status('v1')).toBe(204);
  });
});

describe('Sessions', () => {
  test('Parallel test runs see neither each other’s deletes nor those without a session', async () => {
    expect(await status('v1', inSession('a'))).toBe(204);
    expect(await status('v1', inSession('b'))).toBe(204);
    expect(await status('v1')).toBe(204);
    expect(await status('v1', inSession('a'))).toBe(404);
  });

  test('A session is reset by its id, and the others are not', async () => {
    for (const id of ['a', 'b']) await status('v1', inSession(id));
    const answer = await control('DELETE /__mock/sessions/a');
    expect(answer).toMatchObject({ status: 204, body: '' });
    expectFixedHeaders(answer);
    expect(await status('v1', inSession('a'))).toBe(204);
    expect(await status('v1', inSession('b'))).toBe(404);
  });

  test('The session of requests without the header is called default', async () => {
    await status('v1');
    expect((await control('DELETE /__mock/sessions/default')).status).toBe(204);
    expect(await status('v1')).toBe(204);
  });

  test('All sessions can be reset at once', async () => {
    for (const id of ['a', 'b']) await status('v1', inSession(id));
    expect((await control('DELETE /__mock/sessions')).status).toBe(204);
    for (const id of ['a', 'b']) expect(await status('v1', inSession(id))).toBe(204);
  });

  test('Resetting an unknown session returns 204', async () => {
    expect((await control('DELETE /__mock/sessions/never-seen')).status).toBe(204);
  });

  test.each(['a b', 'a/b', 'ä', 'a'.repeat(129)])(
    'An invalid session id returns a 400 that says so: %s',
    async (id) => {
      const { status: refused, body } = await mock.deleteTag('v1', inSession(id));
      expect(refused).toBe(400);
      expect(body).toContain('X-Mock-Session must match');
    },
  );

  test.each(['DELETE /__mock/sessions/', 'DELETE /__mock/sessions/a%20b'])(
    '%s returns a 400 in the contract’s format',
    async (line) => {
      const { status: refused, body } = await control(line);
      expect(refused).toBe(400);
      expect(JSON.parse(body)).toMatchObject({
        errors: [{ detail: expect.stringContaining('the session in the path') }],
      });
    },
  );
});

describe('The state is bounded', () => {
  const image = (tag: string) => ({ namespace: 'group', repository: 'busybox', tag });

  test('Beyond the max number of tags the least recently used one is forgotten, and the log says so', () => {
    const said: string[] = [];
    const sessions = new Sessions({ sessions: 10, tags: 3 }, (what) => said.push(what));
    const session = sessions.open('a');
    for (const tag of ['v1', 'v2', 'v3']) expect(session.deleteTag(image(tag))).toBe(true);
    expect(session.deleteTag(image('v1'))).toBe(false);
    expect(session.deleteTag(image('v4'))).toBe(true);
    expect(session.deleteTag(image('v1'))).toBe(false);
    expect(session.deleteTag(image('v2'))).toBe(true);
    expect(said[0]).toBe('more than 3 deleted tags: the oldest are forgotten');
    for (const tag of ['v1', 'v2', 'v3', 'v4', 'v5']) session.countTry(image(tag));
    expect(session.countTry(image('v1'))).toBe(1);
    expect(session.countTry(image('v5'))).toBe(2);
  });

  test('Beyond the max number of sessions the least recently used one starts again', () => {
    const sessions = new Sessions({ sessions: 2, tags: 100 });
    for (const id of ['a', 'b', 'c']) sessions.open(id).deleteTag(image('v1'));
    expect(sessions.open('c').deleteTag(image('v1'))).toBe(false);
    expect(sessions.open('a').deleteTag(image('v1'))).toBe(true);
  });
});

describe('With a list of images', () => {
  test('Any other image returns 404 with its cause, and a repository outlives its last tag', async () => {
    await mock.close();
    mock = await startMock({ images: listedImages([{ namespace: 'group', repository: 'busybox', tag: 'v1' }]) });
    expectExample(await mock.deleteTag('v2'), 'tag-not-found');
    expect(await status('v1')).toBe(204);
    expectExample(await mock.deleteTag('v1'), 'tag-not-found');
    const elsewhere = (name: string) =>
      ask(mock.url, requestText(`DELETE ${pathOf('v1', name)}`, { 'X-Auth-Token': 'any', Connection: 'close' }));
    expectExample(await elsewhere('group/repos/nope'), 'repository-not-found');
    expectExample(await elsewhere('nope/repos/busybox'), 'organization-not-found');
    expectExample(await mock.deleteTag('mock-throttled'), 'throttled');
  });
});
