// The vendor's SDKs, unmodified: how each is installed into the cache, and how its driver is run.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../support/cache.ts';
import type { Program } from '../support/program.ts';
import type { Driver, Outcome } from './run-driver.ts';

/** One version of one SDK. */
export interface Sdk extends Program {
  readonly name: 'Go' | 'Java' | 'Node' | 'Python';
  /** What is left of a 429, if it is not the exception of other answers. */
  readonly throttled?: Pick<Outcome, 'exception' | 'status' | 'code' | 'requestId'>;
  /** Installs it unless it is there. */
  driver(): Promise<Driver>;
}

const [ROOT, HERE] = ['../../../', './'].map((path) => new URL(path, import.meta.url).pathname) as [string, string];
const run = promisify(execFile);

/** @param modfile its requirements; beside it are their checksums */
const go = (version: string, modfile: string): Sdk => ({
  kind: 'SDK',
  name: 'Go',
  version,
  async driver() {
    const files = ['main.go', `${modfile}.mod`, `${modfile}.sum`].map((name) => `${HERE}go/${name}`);
    const texts = await Promise.all(files.map((file) => readFile(file)));
    const key = createHash('sha256').update(Buffer.concat(texts)).digest('hex').slice(0, 12);
    const directory = await cached(`sdk-go@${version}-${key}`, (path) =>
      run('go', ['build', `-modfile=${modfile}.mod`, '-o', join(path, 'driver'), '.'], { cwd: `${HERE}go` }),
    );
    return { program: join(directory, 'driver'), args: [] };
  },
});

const java = (version: string): Sdk => ({
  kind: 'SDK',
  name: 'Java',
  version,
  async driver() {
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
    const directory = await cached(`sdk-java@${version}`, (path) =>
      run('mvn', [
        '-B',
        '-q',
        '-f',
        `${HERE}java/pom.xml`,
        goal,
        `-Dsdk.version=${version}`,
        `-DoutputDirectory=${path}`,
      ]),
    );
    return { program: 'java', args: ['-Xlog:disable', '-cp', `${directory}/*`, `${HERE}java/Driver.java`] };
  },
});

/** @param folder gives the folder whose node_modules has it */
const node = (version: string, folder: () => Promise<string>): Sdk => ({
  kind: 'SDK',
  name: 'Node',
  version,
  driver: async () => ({ program: process.execPath, args: [`${HERE}node/driver.cjs`, await folder()] }),
});

/** Its service package stayed at one version while its core went on. */
const SWR_OF_NODE = '@huaweicloud/huaweicloud-sdk-swr@3.1.128';

const olderNode = () =>
  cached('sdk-node@3.1.128', (path) =>
    run('npm', [
      ...['install', '--silent', '--no-save', '--ignore-scripts', '--prefix', path],
      ...['@huaweicloud/huaweicloud-sdk-core@3.1.128', SWR_OF_NODE, 'uuid@9.0.1'],
    ]),
  );

/**
 * Its urllib3 is told to retry a 429 no times, and raises an error of its own before the SDK has read the answer.
 * @param list the exact versions of all that it needs
 */
const python = (version: string, list: string, throttled: NonNullable<Sdk['throttled']>): Sdk => ({
  kind: 'SDK',
  name: 'Python',
  version,
  throttled,
  async driver() {
    const file = `${HERE}python/${list}.txt`;
    const key = createHash('sha256')
      .update(await readFile(file))
      .digest('hex')
      .slice(0, 12);
    const directory = await cached(`sdk-python@${version}-${key}`, (path) =>
      run('python3', [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--no-deps',
        '--only-binary=:all:',
        '--target',
        path,
        '-r',
        file,
      ]),
    );
    return { program: 'python3', args: [`${HERE}python/driver.py`], env: { PYTHONPATH: directory } };
  },
});

/** The newest and an older version of each. The registries have no newer ones. */
export const SDKS: readonly (readonly [newest: Sdk, older: Sdk])[] = [
  [go('v0.1.207', 'go'), go('v0.1.174', 'older')],
  [java('3.1.143'), java('3.1.79')],
  [node('3.1.211', async () => ROOT), node('3.1.128', olderNode)],
  [
    python('3.1.219', 'newest', { exception: 'ClientRequestException', status: 429, code: '429', requestId: '' }),
    python('3.1.99', 'older', { exception: 'RetryError', status: null, code: null, requestId: null }),
  ],
];
