// Runs a real Keystone as a process on loopback (serve.py), and sets up users, projects and tokens there.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { temporaryDirectory } from '../programs.ts';

/** Debian's Keystone belongs to Debian's Python, which need not be the first on the path. */
const PYTHON = '/usr/bin/python3';

const START_MS = 60_000;

/** Whether tests with Keystone have to be left out. Never under CI: there a missing Keystone is a failure. */
export function isKeystoneMissing(): boolean {
  return process.env['CI'] !== 'true' && spawnSync(PYTHON, ['-c', 'import keystone']).status !== 0;
}

interface Options {
  /** The keys and database of a Keystone that has ended. By default a new one. */
  readonly directory?: string;
  /** By default a free one. */
  readonly port?: number;
  /** Seconds for which tokens are valid. */
  readonly tokenSeconds?: number;
}

/** A running Keystone. */
export interface Keystone {
  /** Ends with /v3. */
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  readonly child: ChildProcess;
  /** The number of checks of tokens that it has answered. */
  checks(): number;
  /** Sends a request as its administrator. @returns the answer's body */
  admin(method: string, path: string, body?: object): Promise<KeystoneObject>;
  /** Issues a token. @returns it */
  token(identity: object, scope?: object | 'unscoped'): Promise<string>;
  /** Revokes a token. */
  revoke(token: string): Promise<void>;
  /** Ends it. Its directory stays if it was given. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** What Keystone answers: one object under the name of its kind. */
type KeystoneObject = Readonly<Record<string, { readonly id: string; readonly [name: string]: unknown }>>;

/** The default domain, as it is named in requests. */
const DEFAULT = { domain: { name: 'Default' } };

const byPassword = (name: string, password: string) => ({
  methods: ['password'],
  password: { user: { name, password, ...DEFAULT } },
});

export const byApplicationCredential = (id: string, secret: string) => ({
  methods: ['application_credential'],
  application_credential: { id, secret },
});

export const inProject = (name: string) => ({ project: { name, ...DEFAULT } });

const ADMIN = byPassword('admin', 'admin-password');

/** Starts a Keystone. @throws with its output if it does not start */
export async function startKeystone({ directory, port = 0, tokenSeconds = 3_600 }: Options = {}): Promise<Keystone> {
  const temporary = directory === undefined ? await temporaryDirectory() : undefined;
  const where = directory ?? temporary?.path ?? '';
  const script = new URL('serve.py', import.meta.url).pathname;
  // setpriv (util-linux) ends it together with this process.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', PYTHON, script, where, String(port)], {
    env: { PATH: process.env['PATH'], TOKEN_SECONDS: String(tokenSeconds) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = once(child, 'close');
  const deadline = AbortSignal.timeout(START_MS);
  while (!output.includes('"url"')) {
    const which = await Promise.race([
      ended.then(() => 'ended'),
      once(child.stdout, 'data', { signal: deadline }).then(() => 'data'),
    ]);
    if (which === 'ended') throw new Error(`Keystone ended: ${errors}`);
  }
  const { url } = JSON.parse(output.split('\n').find((line) => line.includes('"url"')) ?? '{}') as { url: string };

  async function send(method: string, path: string, headers: Record<string, string>, body?: object) {
    const response = await fetch(url + path, {
      method,
      headers: { 'Content-Type': 'application/json', ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Keystone answered ${response.status} to ${method} ${path}: ${text}`);
    return { headers: response.headers, body: (text === '' ? {} : JSON.parse(text)) as KeystoneObject };
  }

  async function token(identity: object, scope?: object | 'unscoped'): Promise<string> {
    const auth = { auth: { identity, ...(scope !== undefined && { scope }) } };
    const { headers } = await send('POST', '/auth/tokens', {}, auth);
    return headers.get('X-Subject-Token') ?? '';
  }

  let adminToken: Promise<string> | undefined;
  const asAdmin = async () => {
    adminToken ??= token(ADMIN, inProject('admin'));
    return { 'X-Auth-Token': await adminToken };
  };

  return {
    url,
    port: Number(new URL(url).port),
    directory: where,
    child,
    checks: () => output.split('GET /v3/auth/tokens?nocatalog').length - 1,
    admin: async (method, path, body) => (await send(method, path, await asAdmin(), body)).body,
    token,
    revoke: async (revoked) => {
      await send('DELETE', '/auth/tokens', { ...(await asAdmin()), 'X-Subject-Token': revoked });
    },
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await ended;
      await temporary?.remove();
    },
  };
}

/** A user, a project and a role that the user has there. */
export interface Member {
  readonly userId: string;
  readonly projectId: string;
  readonly identity: object;
}

/** Makes a user with a role in a project of the same domain, each of them new but the role. */
export async function makeMember(keystone: Keystone, user: string, project: string, role: string): Promise<Member> {
  const password = `${user}-password`;
  const idOf = async (kind: string, kinds: string, body: object): Promise<string> => {
    const found = (await keystone.admin('GET', `/${kinds}?name=${(body as { name: string }).name}`)) as unknown as {
      readonly [kinds: string]: readonly { readonly id: string }[];
    };
    const id = found[kinds]?.[0]?.id;
    return id ?? (await keystone.admin('POST', `/${kinds}`, { [kind]: body }))[kind]?.id ?? '';
  };
  const projectId = await idOf('project', 'projects', { name: project, domain_id: 'default' });
  const userId = await idOf('user', 'users', { name: user, password, domain_id: 'default' });
  const roleId = await idOf('role', 'roles', { name: role });
  await keystone.admin('PUT', `/projects/${projectId}/users/${userId}/roles/${roleId}`);
  return { userId, projectId, identity: byPassword(user, password) };
}
