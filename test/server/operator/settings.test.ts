import { describe, expect, test } from 'vitest';
import { errors } from '../../../generated/contract.ts';
import { readCredentials } from '../../../server/http/principals.ts';
import { SETTINGS } from '../../../server/operator/settings/config.ts';
import { mistypedSettings } from '../../../server/operator/settings/mistyped.ts';
import type { Problems } from '../../../server/process/input/problems.ts';
import { goodCredentials, useServerProcesses } from '../../support/server-processes.ts';

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

  test('An invalid setting hides no problem of the others, so that one start is enough to see them all', async () => {
    const server = servers.start({
      DATA_DIR: servers.dataDir,
      STORE: 'registry',
      REGISTRY_URL: 'http://u:p@127.0.0.1:5000',
      REGISTRY_DELETE_MODE: 'fast',
      REGISTRY_CA_FILE: '/nope',
      REGISTRY_AUTH_FILE: '/nope',
      REGISTRY_USERNAME: 'x',
      OS_CACERT: '/nope',
      PORT: '8181',
      ADMIN_PORT: '8181',
    });
    expect(await server.ended).toBe(2);
    expect(server.stderr().trim().split('\n').sort()).toEqual([
      'error: OS_CACERT: has an effect only with OS_AUTH_URL',
      'error: PORT and ADMIN_PORT: both are 8181; two listeners need two ports',
      'error: REGISTRY_AUTH_FILE /nope: cannot be read: ENOENT',
      'error: REGISTRY_AUTH_FILE: set either it or REGISTRY_USERNAME and REGISTRY_PASSWORD',
      'error: REGISTRY_CA_FILE /nope: cannot be read: ENOENT',
      'error: REGISTRY_DELETE_MODE: must be one of auto, tag, fallback',
      'error: REGISTRY_URL: must not contain credentials: they go into REGISTRY_USERNAME and REGISTRY_PASSWORD',
      'error: REGISTRY_USERNAME and REGISTRY_PASSWORD: set both or neither',
    ]);
  });

  test('An invalid setting does not make others look wrong that need it', async () => {
    const server = servers.start({
      STORE: 'tape',
      REGISTRY_URL: 'registry',
      OS_AUTH_URL: 'keystone',
      IAM_CACHE_SECONDS: '5',
      CREDENTIALS_FILE: await servers.credentialsFile(
        'principals:\n  - name: a\n    iam: {projectId: beef}\n    namespaces: [group]\n',
      ),
    });
    expect(await server.ended).toBe(2);
    expect(server.stderr().trim().split('\n').sort()).toEqual([
      'error: OS_AUTH_URL: must be a URL such as https://keystone.example:5000/v3',
      'error: REGISTRY_URL: must be a URL such as https://registry.example',
      'error: STORE: must be one of layout, registry',
    ]);
  });

  test.each([
    [
      'a missing credentials file',
      { CREDENTIALS_FILE: '/nonexistent' },
      /CREDENTIALS_FILE \/nonexistent: cannot be read: ENOENT/,
    ],
    [
      'the same port for callers and for the admin listener, on all addresses and on one',
      { HOST: '0.0.0.0', PORT: '8181', ADMIN_PORT: '8181' },
      /PORT and ADMIN_PORT: both are 8181/,
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

describe('A mistake in the credentials file is named with its line, what is allowed, and no value', () => {
  test.each<[what: string, text: string, ...problems: string[]]>([
    ['an empty file', '', 'is empty: it must be a mapping with the key principals'],
    ['a text for a list', 'principals: x\n', 'principals (line 1): must be a list, not a text'],
    ['an empty list', 'principals: []\n', 'principals (line 1): must have at least 1 entry'],
    [
      'a mistyped key',
      'principals:\n  - nmae: ci\n    namespaces: [group]\n    tokenSha256: "5e88"\n',
      'principals.0.name (line 2): is missing: it must be a text',
      'principals.0.tokenSha256 (line 4): must be a SHA-256 in 64 hexadecimal digits',
      'principals.0 (line 2): has the unknown key nmae (is name meant?); allowed are name, tokenSha256, accessKey, secretKey, iam, namespaces',
    ],
    [
      'a key that is like none',
      `principals:\n  - name: ci\n    tokenSha256: ${'a'.repeat(64)}\n    namespaces: [group]\n    TOPSECRET: x\n`,
      'principals.0 (line 5): has an unknown key; allowed are name, tokenSha256, accessKey, secretKey, iam, namespaces',
    ],
    [
      'two files in one, as `swr-tag-delete token … >> credentials.yaml` makes it',
      goodCredentials + goodCredentials,
      'not valid YAML in line 5: the key principals stands a second time; put everything under the first',
    ],
    [
      'a key of its own that stands twice',
      'principals:\n  - TOPSECRET: a\n    TOPSECRET: b\n',
      'not valid YAML in line 3: a key stands a second time; put everything under the first',
    ],
    [
      'an entry that lacks half of what it needs',
      'principals:\n  - name: ci\n    accessKey: AK\n  - name: web\n',
      'principals.0.namespaces (line 2): is missing: it must be a list',
      'principals.0 (line 2): accessKey and secretKey go together',
      'principals.1.namespaces (line 4): is missing: it must be a list',
      'principals.1 (line 4): needs tokenSha256, or accessKey and secretKey, or iam',
    ],
    [
      'a number for a text',
      `principals:\n  - name: 7\n    tokenSha256: ${'a'.repeat(64)}\n    namespaces: [Group, gr*]\n`,
      'principals.0.name (line 2): must be a text, not a number; put it in quotes',
      `principals.0.namespaces.0 (line 4): ${errors['invalid-namespace'].message.replace(/\.$/, '')}; or it is a pattern of one, in which * matches any characters`,
    ],
  ])('%s', async (_, text, ...problems) => {
    const refused = await readCredentials(await servers.credentialsFile(text)).catch((error: Problems) => error);
    expect(refused).toMatchObject({ problems });
  });
});

describe('A mistyped setting has no effect, so the operator is told at the start', () => {
  test('It is on standard error and in the log, and the server serves', async () => {
    const server = servers.start({ DATA_DIR: servers.dataDir, PROTECTED_TAG: 'v1' });
    await server.url;
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    const message = 'PROTECTED_TAG is not a setting: is PROTECTED_TAGS meant?';
    expect(server.stderr()).toContain(`Warning: ${message}\n`);
    expect(server.stdout()).toMatch(new RegExp(`^{"level":"warn",.*"msg":"${message.replace('?', '\\?')}"}$`, 'm'));
  });

  test('It is said before the problem that it causes', async () => {
    const server = servers.start({ STORE: 'registry', REGISTRY_ULR: 'http://127.0.0.1:5000' });
    expect(await server.ended).toBe(2);
    expect(server.stderr()).toBe(
      'Warning: REGISTRY_ULR is not a setting: is REGISTRY_URL meant?\nerror: REGISTRY_URL: required with STORE=registry\n',
    );
  });

  test.each([
    ['REGISTRY_DELET_MODE', 'REGISTRY_DELETE_MODE'],
    ['REGISTRY_USER', 'REGISTRY_USERNAME'],
    ['CREDENTIAL_FILE', 'CREDENTIALS_FILE'],
    ['CREDENTIALSFILE', 'CREDENTIALS_FILE'],
    ['protected_tags', 'PROTECTED_TAGS'],
    ['DATADIR', 'DATA_DIR'],
    ['ADMIN_PROT', 'ADMIN_PORT'],
    ['RATE_LIMITS', 'RATE_LIMIT'],
  ])('%s is taken for %s', (variable, meant) => {
    expect(mistypedSettings({ [variable]: 'x' }, SETTINGS)).toEqual([
      `${variable} is not a setting: is ${meant} meant?`,
    ]);
  });

  test('No variable that shells, npm, Kubernetes, Docker, Distribution, OpenStack or systemd set is taken for one', () => {
    const usual = [
      'PATH HOME USER LOGNAME SHELL TERM PWD OLDPWD SHLVL LANG LC_ALL TZ TMPDIR EDITOR HOSTNAME HOSTTYPE MAIL DISPLAY PS1 _',
      'HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY FTP_PROXY http_proxy https_proxy no_proxy all_proxy ftp_proxy rsync_proxy',
      'NODE NODE_ENV NODE_OPTIONS NODE_EXTRA_CA_CERTS NODE_VERSION NO_COLOR CI GITHUB_TOKEN INIT_CWD COLOR FORCE_COLOR',
      'npm_config_cache npm_config_loglevel npm_config_registry npm_config_user_agent npm_package_name npm_command',
      'KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBERNETES_SERVICE_PORT_HTTPS KUBERNETES_PORT_443_TCP_ADDR',
      'REGISTRY_SERVICE_HOST REGISTRY_SERVICE_PORT REGISTRY_PORT REGISTRY_PORT_5000_TCP REGISTRY_PORT_5000_TCP_PROTO',
      'REGISTRY_PORT_5000_TCP_PORT REGISTRY_PORT_5000_TCP_ADDR STORE_PORT STORE_SERVICE_HOST DATA_PORT DATA_SERVICE_HOST',
      'ADMIN_SERVICE_HOST ADMIN_SERVICE_PORT PUBLIC_SERVICE_HOST SWR_TAG_DELETE_SERVICE_HOST SWR_TAG_DELETE_PORT_80_TCP',
      'REGISTRY REGISTRY_AUTH REGISTRY_AUTH_HTPASSWD_PATH REGISTRY_HTTP_ADDR REGISTRY_HTTP_SECRET REGISTRY_LOG_LEVEL',
      'REGISTRY_STORAGE_DELETE_ENABLED REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY DOCKER_HOST DOCKER_CONFIG',
      'OS_USERNAME OS_PASSWORD OS_PROJECT_NAME OS_USER_DOMAIN_NAME OS_AUTH_TYPE OS_CERT OS_KEY OS_CLOUD OS_TOKEN',
      'OS_REGION_NAME OS_IDENTITY_API_VERSION XDG_DATA_DIRS XDG_DATA_HOME XDG_RUNTIME_DIR SSH_AUTH_SOCK LOGS_DIRECTORY',
      'STATE_DIRECTORY CREDENTIALS_DIRECTORY RUNTIME_DIRECTORY INVOCATION_ID JOURNAL_STREAM SYSTEMD_EXEC_PID LISTEN_PID',
      'SWR_TOKEN SWR_ENDPOINT SWR_ACCESS_KEY SWR_SECRET_KEY DATABASE_URL REDIS_URL LOG_FILE LOG_FORMAT LOG_DIR HOSTS PORTS',
    ].flatMap((line) => line.split(' '));
    const env = Object.fromEntries([...usual, ...SETTINGS].map((name) => [name, 'x']));
    expect(mistypedSettings(env, SETTINGS)).toEqual([]);
  });
});
