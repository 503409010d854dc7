// Generators of clients: how each makes one from the contract, and how its driver is run.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { contractFile } from '../../../server/http/contract.ts';
import { cached } from '../support/cache.ts';
import { buildGo } from '../support/go.ts';
import type { Program } from '../support/program.ts';

/** A generated client with a driver, compiled. */
interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A generator for one language. */
export interface Generator extends Program {
  /** Makes and compiles a client unless it is there. @throws with the words of what failed */
  client(): Promise<Command>;
}

const DRIVERS = new URL('drivers/', import.meta.url).pathname;
const TSC = new URL('../../../node_modules/typescript/bin/tsc', import.meta.url).pathname;
const OPENAPI_GENERATOR = '7.25.0';
const DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';
const run = promisify(execFile);

/** Keeps a client by generator, contract and driver. */
async function kept(name: string, driver: string, make: (directory: string) => Promise<unknown>): Promise<string> {
  const texts = await Promise.all([contractFile, `${DRIVERS}${driver}`].map((file) => readFile(file)));
  const key = createHash('sha256').update(Buffer.concat(texts)).digest('hex').slice(0, 12);
  return cached(`client-${name}-${key}`, make);
}

async function generate(directory: string, ...options: string[]): Promise<void> {
  const jar = `openapi-generator-cli-${OPENAPI_GENERATOR}.jar`;
  const artifact = `org.openapitools:openapi-generator-cli:${OPENAPI_GENERATOR}`;
  const folder = await cached(`openapi-generator@${OPENAPI_GENERATOR}`, async (path) => {
    await run('mvn', ['-B', '-q', `${DEPENDENCIES}:get`, `-Dartifact=${artifact}`, '-Dtransitive=false']);
    await run('mvn', ['-B', '-q', `${DEPENDENCIES}:copy`, `-Dartifact=${artifact}`, `-DoutputDirectory=${path}`]);
  });
  await run('java', ['-jar', join(folder, jar), 'generate', '-i', contractFile, '-o', directory, ...options]);
}

const openapiGenerator = (language: string, client: Generator['client']): Generator => ({
  kind: 'generated client',
  name: `openapi-generator for ${language}`,
  version: OPENAPI_GENERATOR,
  client,
});

const forPython = openapiGenerator('Python', async () => {
  const directory = await kept('python', 'driver.py', async (path) => {
    await generate(path, '-g', 'python');
    const packages = [
      'urllib3==2.8.0',
      'python-dateutil==2.9.0.post0',
      'pydantic==2.12.5',
      'typing-extensions==4.16.0',
    ];
    await run('python3', ['-m', 'pip', 'install', '--quiet', '--only-binary=:all:', '--target', path, ...packages]);
  });
  return { program: 'python3', args: [`${DRIVERS}driver.py`], env: { PYTHONPATH: directory } };
});

const forJava = openapiGenerator('Java', async () => {
  const directory = await kept('java', 'Driver.java', async (path) => {
    await generate(path, '-g', 'java', '--library', 'native');
    const options = ['-DincludeScope=compile', `-DoutputDirectory=${path}/lib`];
    await run('mvn', ['-B', '-q', '-f', `${path}/pom.xml`, `${DEPENDENCIES}:copy-dependencies`, ...options]);
    const files = await readdir(`${path}/src/main/java`, { recursive: true });
    const sources = files.filter((file) => file.endsWith('.java')).map((file) => `${path}/src/main/java/${file}`);
    await run('javac', ['-cp', `${path}/lib/*`, '-d', `${path}/lib`, ...sources, `${DRIVERS}Driver.java`]);
  });
  return { program: 'java', args: ['-cp', `${directory}/lib:${directory}/lib/*`, 'Driver'] };
});

const forGo = openapiGenerator('Go', async () => {
  const directory = await kept('go', 'openapi-generator.go', async (path) => {
    await generate(path, '-g', 'go');
    await mkdir(`${path}/driver`);
    await copyFile(`${DRIVERS}openapi-generator.go`, `${path}/driver/main.go`);
    await run('go', ['build', '-mod=mod', '-o', 'client', './driver'], { cwd: path });
  });
  return { program: join(directory, 'client'), args: [] };
});

const oapiCodegen: Generator = {
  kind: 'generated client',
  name: 'oapi-codegen',
  version: 'v2.8.2',
  async client() {
    const generator = { package: 'github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen', version: this.version };
    const directory = await kept('oapi-codegen', 'oapi-codegen.go', async (path) => {
      await writeFile(`${path}/go.mod`, 'module client\n\ngo 1.24\n\nrequire github.com/oapi-codegen/runtime v1.9.0\n');
      await copyFile(`${DRIVERS}oapi-codegen.go`, `${path}/main.go`);
      const options = ['-package', 'main', '-generate', 'client,models', '-o', 'client.gen.go', contractFile];
      await run(await buildGo(generator), options, { cwd: path });
      await run('go', ['build', '-mod=mod', '-o', 'client', '.'], { cwd: path });
    });
    return { program: join(directory, 'client'), args: [] };
  },
};

const orval: Generator = {
  kind: 'generated client',
  name: 'orval (fetch)',
  version: '8.38.0',
  async client() {
    const tool = await cached(`orval@${this.version}`, (path) =>
      run('npm', ['install', '--silent', '--no-save', '--ignore-scripts', '--prefix', path, `orval@${this.version}`]),
    );
    const directory = await kept('orval', 'orval.ts.txt', async (path) => {
      await copyFile(`${DRIVERS}orval.ts.txt`, `${path}/main.ts`);
      await writeFile(`${path}/package.json`, '{"type": "commonjs"}\n');
      const options = ['--input', contractFile, '--output', `${path}/client.ts`, '--client', 'fetch'];
      await run(process.execPath, [`${tool}/node_modules/orval/dist/bin/orval.mjs`, ...options], { cwd: path });
      const types = new URL('../../../node_modules/@types', import.meta.url).pathname;
      const strict = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023,dom,dom.iterable'];
      await run(process.execPath, [TSC, ...strict, '--types', 'node', '--typeRoots', types, `${path}/main.ts`]);
    });
    return { program: process.execPath, args: [`${directory}/main.js`] };
  },
};

export const GENERATORS: readonly Generator[] = [forJava, forPython, forGo, oapiCodegen, orval];
