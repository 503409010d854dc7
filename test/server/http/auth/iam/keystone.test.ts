// Tokens of a real Keystone: each way in which one is valid, and each in which it is not.
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '../../../../../server/http/principals.ts';
import { expectExample } from '../../../../support/contract.ts';
import { type IamServer, startIamServer } from '../../../../support/iam.ts';
import {
  byApplicationCredential,
  inProject,
  isKeystoneMissing,
  type Keystone,
  type Member,
  makeMember,
  startKeystone,
} from '../../../../support/keystone/keystone.ts';
import { ask, requestText } from '../../../../support/wire.ts';

const principals: readonly Principal[] = [
  {
    name: 'operators',
    iam: { domain: 'Default', project: 'group', roles: ['swr_admin', 'other'] },
    namespaces: ['group'],
  },
  { name: 'domain-operators', iam: { domain: 'Default', roles: ['domain_admin'] }, namespaces: ['group'] },
  { name: 'alice', iam: { domain: 'Default', user: 'by-name' }, namespaces: ['group'] },
];

let keystone: Keystone;
let server: IamServer;
/** Tokens that were sent. */
const sent: string[] = [];
/** Everything that callers got. */
const received: string[] = [];

describe.skipIf(isKeystoneMissing())('Tokens of a real Keystone', () => {
  beforeAll(async () => {
    keystone = await startKeystone();
    server = await startIamServer(keystone.url, principals, { tags: Array.from({ length: 64 }, (_, at) => `v${at}`) });
  });
  afterAll(async () => {
    await server?.close();
    await keystone?.stop();
  });

  let tag = 0;
  async function send(token: string) {
    sent.push(token);
    const answer = await server.delete(token, `v${tag++}`);
    received.push(JSON.stringify(answer));
    return answer;
  }

  let number = 0;
  /** A user that may delete, and no other test knows. */
  const member = (project = 'group', role = 'swr_admin'): Promise<Member> =>
    makeMember(keystone, `user-${number++}`, project, role);

  const operator = async () => keystone.token((await member()).identity, inProject('group'));

  test('A token of a project where the user has a role that the credentials file names deletes', async () => {
    expect((await send(await operator())).status).toBe(204);
  });

  test('The log has the user with its domain, ids, and what finds the check in Keystone’s own log', async () => {
    const { identity, userId, projectId } = await member();
    await send(await keystone.token(identity, inProject('group')));
    expect(server.logged.at(-1)).toMatchObject({
      principal: expect.stringMatching(/^user-\d+@Default$/),
      userId,
      projectId,
      auditId: expect.stringMatching(/^[\w-]{22}$/),
      iamRequestId: expect.stringMatching(/^req-[0-9a-f-]{36}$/),
      status: 204,
    });
  });

  test('A valid token that no entry means is known and may delete nowhere', async () => {
    const otherProject = await member('elsewhere');
    expectExample(
      await send(await keystone.token(otherProject.identity, inProject('elsewhere'))),
      'namespace-not-permitted',
    );
    const otherRole = await member('group', 'reader');
    expectExample(await send(await keystone.token(otherRole.identity, inProject('group'))), 'namespace-not-permitted');
  });

  test('A token of a domain is matched by the domain and its roles', async () => {
    const { identity, userId } = await member();
    const { role } = await keystone.admin('POST', '/roles', { role: { name: 'domain_admin' } });
    await keystone.admin('PUT', `/domains/default/users/${userId}/roles/${role?.id}`);
    expect((await send(await keystone.token(identity, { domain: { id: 'default' } }))).status).toBe(204);
  });

  test('Unscoped and system tokens have no project and are matched by their user alone', async () => {
    const { identity } = await member();
    expectExample(await send(await keystone.token(identity, 'unscoped')), 'namespace-not-permitted');
    const known = await makeMember(keystone, 'by-name', 'elsewhere', 'reader');
    expect((await send(await keystone.token(known.identity, 'unscoped'))).status).toBe(204);
    const { roles } = (await keystone.admin('GET', '/roles?name=reader')) as unknown as { roles: [{ id: string }] };
    await keystone.admin('PUT', `/system/users/${known.userId}/roles/${roles[0].id}`);
    expect((await send(await keystone.token(known.identity, { system: { all: true } }))).status).toBe(204);
  });

  describe('An application credential', () => {
    async function credential(details: object) {
      const { identity, userId } = await member();
      const token = await keystone.token(identity, inProject('group'));
      const answer = await fetch(`${keystone.url}/users/${userId}/application_credentials`, {
        method: 'POST',
        headers: { 'X-Auth-Token': token, 'Content-Type': 'application/json' },
        body: JSON.stringify({ application_credential: { name: 'delete', ...details } }),
      });
      const { application_credential: made } = (await answer.json()) as {
        application_credential: { id: string; secret: string };
      };
      return keystone.token(byApplicationCredential(made.id, made.secret));
    }

    test('deletes until it expires, also if Keystone’s time lacks its Z', async () => {
      const expires = new Date(Date.now() + 8_000);
      const token = await credential({ expires_at: expires.toISOString().replace('Z', '') });
      expect((await send(token)).status).toBe(204);
      await delay(expires.getTime() - Date.now() + 1_000);
      expectExample(await send(token), 'unknown-token');
    });

    test('restricted to requests of other services deletes nothing', async () => {
      const token = await credential({ access_rules: [{ service: 'compute', method: 'GET', path: '/v2.1/servers' }] });
      expectExample(await send(token), 'unknown-token');
    });
  });

  describe('A token is refused at once', () => {
    test.each<[string, (member: Member, token: string) => Promise<unknown>]>([
      ['is revoked', (_, token) => keystone.revoke(token)],
      [
        'belongs to a user that was disabled',
        ({ userId }) => keystone.admin('PATCH', `/users/${userId}`, { user: { enabled: false } }),
      ],
      ['belongs to a user that was deleted', ({ userId }) => keystone.admin('DELETE', `/users/${userId}`)],
      [
        'belongs to a user with a new password',
        ({ userId }) => keystone.admin('PATCH', `/users/${userId}`, { user: { password: 'new-password' } }),
      ],
      [
        'belongs to a user without any role in the project',
        async ({ userId, projectId }) => {
          const { roles } = (await keystone.admin('GET', '/roles?name=swr_admin')) as unknown as {
            roles: [{ id: string }];
          };
          await keystone.admin('DELETE', `/projects/${projectId}/users/${userId}/roles/${roles[0].id}`);
        },
      ],
    ])('if it %s', async (_, spoil) => {
      const one = await member();
      const token = await keystone.token(one.identity, inProject('group'));
      expect((await send(token)).status).toBe(204);
      await spoil(one, token);
      expectExample(await send(token), 'unknown-token');
    });

    test('if its project was disabled, and is taken again if the project is enabled', async () => {
      const one = await makeMember(keystone, 'closing', 'closing', 'swr_admin');
      const token = await keystone.token(one.identity, inProject('closing'));
      expectExample(await send(token), 'namespace-not-permitted');
      await keystone.admin('PATCH', `/projects/${one.projectId}`, { project: { enabled: false } });
      expectExample(await send(token), 'unknown-token');
      await keystone.admin('PATCH', `/projects/${one.projectId}`, { project: { enabled: true } });
      expectExample(await send(token), 'namespace-not-permitted');
    });
  });

  test('A revoked token deletes until the last millisecond of the cache’s time, and is refused from then on', async () => {
    const time = { monotonic: 1_000 };
    const caching = await startIamServer(keystone.url, principals, {
      tags: ['a', 'b', 'c'],
      cacheSeconds: 60,
      clocks: { wall: Date.now, monotonic: () => time.monotonic },
    });
    try {
      const token = await operator();
      sent.push(token);
      expect((await caching.delete(token, 'a')).status).toBe(204);
      await keystone.revoke(token);
      time.monotonic += 59_999;
      expect((await caching.delete(token, 'b')).status).toBe(204);
      time.monotonic += 1;
      expectExample(await caching.delete(token, 'c'), 'unknown-token');
      expect(caching.store.tags).toEqual(['group/busybox:c']);
    } finally {
      await caching.close();
    }
  });

  test('A role that is taken away no longer counts, without a new token', async () => {
    const one = await member();
    await makeMember(keystone, `user-${number - 1}`, 'group', 'reader');
    const token = await keystone.token(one.identity, inProject('group'));
    expect((await send(token)).status).toBe(204);
    const { roles } = (await keystone.admin('GET', '/roles?name=swr_admin')) as unknown as { roles: [{ id: string }] };
    await keystone.admin('DELETE', `/projects/${one.projectId}/users/${one.userId}/roles/${roles[0].id}`);
    expectExample(await send(token), 'namespace-not-permitted');
  });

  test('Garbage, a changed byte, 8 KB and a token of another Keystone are no tokens', async () => {
    const token = await operator();
    const changed = token.slice(0, 40) + (token[40] === 'A' ? 'B' : 'A') + token.slice(41);
    for (const one of ['garbage', changed, `gAAAA${'A'.repeat(8_187)}`])
      expectExample(await send(one), 'unknown-token');
    const other = await startKeystone();
    try {
      const foreign = await makeMember(other, 'user-0', 'group', 'swr_admin');
      expectExample(await send(await other.token(foreign.identity, inProject('group'))), 'unknown-token');
    } finally {
      await other.stop();
    }
  });

  test('A token sent twice, or with characters that no token has, is refused without asking', async () => {
    const token = await operator();
    const before = keystone.checks();
    for (const value of [`${token}\r\nX-Auth-Token: ${token}`, `${token}, ${token}`, 'tok\u00e9n', 'a b']) {
      const request = requestText('DELETE /v2/manage/namespaces/group/repos/busybox/tags/v1', {
        'X-Auth-Token': value,
      });
      expectExample(await ask(server.url, Buffer.from(request, 'latin1')), 'unknown-token');
    }
    expect(keystone.checks()).toBe(before);
  });

  test('No token, hash of a token or text of Keystone’s reached a log or a caller', () => {
    const all = [...received, ...server.logged.map((line) => JSON.stringify(line))].join('\n');
    expect(sent.length).toBeGreaterThan(20);
    for (const token of sent.filter((one) => one.length > 20)) {
      expect(all).not.toContain(token);
      expect(all).not.toContain(token.slice(0, 40));
      for (const form of ['hex', 'base64', 'base64url'] as const) {
        expect(all).not.toContain(createHash('sha256').update(token).digest(form));
      }
    }
    expect(all).not.toMatch(/Could not find|requires authentication|"title"|catalog/);
  });
});
