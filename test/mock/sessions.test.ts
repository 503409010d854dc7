// What the mock remembers, for whom, and how much of it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listedImages } from '../../mock/images.ts';
import { Sessions } from '../../mock/sessions.ts';
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

describe('state', () => {
  test('a tag is deleted once; the second time it is 404 tag-not-found, and its siblings are still there', async () => {
    expect(await status('v1')).toBe(204);
    expectExample(await mock.deleteTag('v1'), 'tag-not-found');
    expect(await status('v2')).toBe(204);
    expect(await status('V1')).toBe(204);
  });

  test('team$app and team%24app are one repository', async () => {
    const remove = (name: string) =>
      ask(
        mock.url,
        requestText(`DELETE ${pathOf('v1', `group/repos/${name}`)}`, { 'X-Auth-Token': 'any', Connection: 'close' }),
      );
    expect((await remove('team$app')).status).toBe(204);
    expect((await remove('team%24app')).status).toBe(404);
  });

  test('of several simultaneous deletes one is 204', async () => {
    const statuses = await Promise.all(Array.from({ length: 20 }, () => status('v1')));
    expect(statuses.filter((one) => one === 204)).toHaveLength(1);
    expect(statuses.filter((one) => one === 404)).toHaveLength(19);
  });

  test('a refused request deletes nothing', async () => {
    expect((await ask(mock.url, requestText(`DELETE ${pathOf('v1')}`, { Connection: 'close' }))).status).toBe(401);
    expect(await status('v1?force=true')).toBe(400);
    expect(await status('v1', { Prefer: 'code=500' })).toBe(500);
    expect(await status('v1')).toBe(204);
  });
});

describe('sessions', () => {
  test('runs side by side do not see each other, nor what was deleted without a session', async () => {
    expect(await status('v1', inSession('a'))).toBe(204);
    expect(await status('v1', inSession('b'))).toBe(204);
    expect(await status('v1')).toBe(204);
    expect(await status('v1', inSession('a'))).toBe(404);
  });

  test('one is forgotten by its id, and the others are not', async () => {
    for (const id of ['a', 'b']) await status('v1', inSession(id));
    const answer = await control('DELETE /__mock/sessions/a');
    expect(answer).toMatchObject({ status: 204, body: '' });
    expectFixedHeaders(answer);
    expect(await status('v1', inSession('a'))).toBe(204);
    expect(await status('v1', inSession('b'))).toBe(404);
  });

  test('the one without a header is called default', async () => {
    await status('v1');
    expect((await control('DELETE /__mock/sessions/default')).status).toBe(204);
    expect(await status('v1')).toBe(204);
  });

  test('all are forgotten', async () => {
    for (const id of ['a', 'b']) await status('v1', inSession(id));
    expect((await control('DELETE /__mock/sessions')).status).toBe(204);
    for (const id of ['a', 'b']) expect(await status('v1', inSession(id))).toBe(204);
  });

  test('to forget what there is not is no mistake', async () => {
    expect((await control('DELETE /__mock/sessions/never-seen')).status).toBe(204);
  });

  test.each(['a b', 'a/b', 'ä', 'a'.repeat(129)])('an id that is none is a 400 that says so: %s', async (id) => {
    const { status: refused, body } = await mock.deleteTag('v1', inSession(id));
    expect(refused).toBe(400);
    expect(body).toContain('X-Mock-Session must match');
  });

  test.each(['DELETE /__mock/sessions/', 'DELETE /__mock/sessions/a%20b'])(
    '%s is a 400 in the contract’s shape',
    async (line) => {
      const { status: refused, body } = await control(line);
      expect(refused).toBe(400);
      expect(JSON.parse(body)).toMatchObject({
        errors: [{ detail: expect.stringContaining('the session in the path') }],
      });
    },
  );

  test('another method is 405 with Allow, another address 404', async () => {
    const answer = await control('GET /__mock/sessions');
    expectExample(answer, 'method-not-allowed');
    expect(answer.headers['allow']).toBe('DELETE');
    expectExample(await control('DELETE /__mock/elsewhere'), 'api-not-found');
  });
});

describe('the state is bounded', () => {
  const image = (tag: string) => ({ namespace: 'group', repository: 'busybox', tag });

  test('beyond its tags the one that was not asked for longest is forgotten, and that is said', () => {
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

  test('beyond its sessions the one that was not opened for longest begins anew', () => {
    const sessions = new Sessions({ sessions: 2, tags: 100 });
    for (const id of ['a', 'b', 'c']) sessions.open(id).deleteTag(image('v1'));
    expect(sessions.open('c').deleteTag(image('v1'))).toBe(false);
    expect(sessions.open('a').deleteTag(image('v1'))).toBe(true);
  });
});

describe('with a list of images', () => {
  test('what is not in it is 404 with its cause, and a repository outlives its last tag', async () => {
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
