import { describe, expect, test } from 'vitest';
import { useServerProcesses } from '../../support/server-processes.ts';

const servers = useServerProcesses();

describe('With invalid settings the server exits with 2 and names every problem', () => {
  test('Several problems of variables and of the credentials file are reported at once', async () => {
    const file = await servers.credentialsFile(
      'principals:\n  - name: a\n    tokenSha256: nonsense-SECRET\n    namespaces: [group]\n  - name: a\n    accessKey: AK\n    namespaces: []\n',
    );
    const server = servers.start({
      PORT: '99999',
      ADMIN_PORT: 'x',
      STORE: 'tape',
      PUBLIC_URL: 'swr.example',
      PROTECTED_TAGS: '(',
      RATE_LIMIT: '-1',
      LOG_LEVEL: 'loud',
      CREDENTIALS_FILE: file,
    });
    expect(await server.ended).toBe(2);
    for (const name of [
      'PORT',
      'ADMIN_PORT',
      'STORE',
      'PUBLIC_URL',
      'PROTECTED_TAGS',
      'RATE_LIMIT',
      'LOG_LEVEL',
      'principals.0.tokenSha256',
      'principals.1.namespaces',
      'accessKey and secretKey',
    ]) {
      expect(server.stderr()).toContain(name);
    }
    expect(server.stderr()).not.toMatch(/^\s+at /m);
    expect(server.stderr()).not.toContain('SECRET');
    expect(server.stdout()).toBe('');
  });

  test.each([
    [
      'a missing credentials file',
      { CREDENTIALS_FILE: '/nonexistent' },
      /CREDENTIALS_FILE \/nonexistent: cannot be read: ENOENT/,
    ],
    ['a missing directory', { DATA_DIR: '/nonexistent' }, /DATA_DIR: must be a directory that exists/],
    ['a file for a directory', { DATA_DIR: '/etc/passwd' }, /DATA_DIR: must be a directory that exists/],
    ['an invalid host', { HOST: 'not a host' }, /HOST: must be an address/],
    ['a public URL with a query', { PUBLIC_URL: 'https://swr.example/?a' }, /PUBLIC_URL: must end with its path/],
    ['a public URL with a user', { PUBLIC_URL: 'https://u@swr.example' }, /PUBLIC_URL: must not contain a user/],
    ['an invalid admin host', { ADMIN_HOST: 'not a host' }, /ADMIN_HOST: must be an address/],
    ['a proxy by its name', { TRUST_PROXY: 'proxy.example' }, /TRUST_PROXY: must be the number of proxies in front/],
    ['an open host without credentials', { HOST: '0.0.0.0' }, /HOST: must be a loopback address/],
    ['a registry without its URL', { STORE: 'registry' }, /REGISTRY_URL: required with STORE=registry/],
    ['an invalid URL', { STORE: 'registry', REGISTRY_URL: 'registry' }, /REGISTRY_URL: must be a URL such as https:/],
    [
      'secrets in the URL',
      { STORE: 'registry', REGISTRY_URL: 'https://u:p@registry.example' },
      /REGISTRY_URL: must not contain credentials/,
    ],
    [
      'the URL of an endpoint',
      { STORE: 'registry', REGISTRY_URL: 'https://registry.example/v2/' },
      /REGISTRY_URL: must end before \/v2/,
    ],
    [
      'a registry beside a store on disk',
      { REGISTRY_URL: 'https://registry.example' },
      /REGISTRY_URL: has an effect only with STORE=registry/,
    ],
    [
      'a name without its password',
      { STORE: 'registry', REGISTRY_URL: 'https://registry.example', REGISTRY_USERNAME: 'ann' },
      /REGISTRY_USERNAME and REGISTRY_PASSWORD: set both/,
    ],
    [
      'a password with the line break of its file',
      {
        STORE: 'registry',
        REGISTRY_URL: 'https://registry.example',
        REGISTRY_USERNAME: 'ann',
        REGISTRY_PASSWORD: 'x\n',
      },
      /REGISTRY_PASSWORD: must not contain control characters/,
    ],
    [
      'an unknown way to delete',
      { STORE: 'registry', REGISTRY_URL: 'https://registry.example', REGISTRY_DELETE_MODE: 'digest' },
      /REGISTRY_DELETE_MODE: must be one of auto, tag, fallback/,
    ],
    [
      'a file without a certificate',
      { STORE: 'registry', REGISTRY_URL: 'https://registry.example', REGISTRY_CA_FILE: '/etc/passwd' },
      /REGISTRY_CA_FILE \/etc\/passwd: contains no PEM certificate/,
    ],
    [
      'an invalid auth file',
      { STORE: 'registry', REGISTRY_URL: 'https://registry.example', REGISTRY_AUTH_FILE: '/etc/passwd' },
      /REGISTRY_AUTH_FILE \/etc\/passwd: is not valid JSON/,
    ],
  ])('%s', async (_, env, message) => {
    const server = servers.start({ DATA_DIR: servers.dataDir, ...env });
    expect(await server.ended).toBe(2);
    expect(server.stderr()).toMatch(message);
    expect(server.stderr()).not.toMatch(/^\s+at /m);
  });

  test('Broken YAML is reported by its line and not quoted', async () => {
    const server = servers.start({
      DATA_DIR: servers.dataDir,
      CREDENTIALS_FILE: await servers.credentialsFile('principals:\n  - name: "SECRET\n'),
    });
    expect(await server.ended).toBe(2);
    expect(server.stderr()).toMatch(/not valid YAML in line \d/);
    expect(server.stderr()).not.toContain('SECRET');
  });
});

test.each([
  ['a tag of YAML', 'principals:\n  - secretKey: !secret TOPSECRET\n'],
  ['an unknown key', 'principals:\n  - TOPSECRET: x\n'],
  ['an alias without its anchor', 'principals: *TOPSECRET\n'],
])('A credentials file with %s is refused and not quoted', async (_, text) => {
  const server = servers.start({ DATA_DIR: servers.dataDir, CREDENTIALS_FILE: await servers.credentialsFile(text) });
  expect(await server.ended).toBe(2);
  expect(server.stderr()).toContain('CREDENTIALS_FILE');
  expect(server.stderr()).not.toContain('TOPSECRET');
});
