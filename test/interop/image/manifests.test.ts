// compose.yaml and the Kubernetes manifest, judged by the parsers that docker compose and kubectl are made of.
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { runProcess } from '../../support/command.ts';
import { areMissing, temporaryDirectory } from '../../support/programs.ts';
import { buildGo, type GoProgram } from '../support/go.ts';
import { about, type Program } from '../support/program.ts';

const ROOT = new URL('../../..', import.meta.url).pathname;
const MANIFEST = `${ROOT}server/deploy/kubernetes.yaml`;
const BUILD_MS = 900_000;

/** The parser of docker compose, and the schemas of Kubernetes 1.30 with the strict parser of its API server. */
const COMPOSE: Program & GoProgram = {
  kind: 'deployment',
  name: 'compose-go, the parser of docker compose',
  package: 'github.com/compose-spec/compose-go/v2/cmd',
  version: 'v2.16.2',
};
const VALIDATE: Program & GoProgram = {
  kind: 'deployment',
  name: 'kubectl-validate, with the schemas of Kubernetes 1.30',
  package: 'sigs.k8s.io/kubectl-validate',
  version: 'v0.0.4',
};

test.skipIf(areMissing('go'))(
  'docker compose understands compose.yaml: each profile has its services, and the registry deletes',
  { ...about(COMPOSE), timeout: BUILD_MS },
  async () => {
    const { path, remove } = await temporaryDirectory();
    await copyFile(`${ROOT}compose.yaml`, `${path}/compose.yaml`);
    try {
      const { code, stdout, stderr } = await runProcess(await buildGo(COMPOSE), [
        '-format',
        'json',
        `${path}/compose.yaml`,
      ]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const { mock, server, registry, ...others } = JSON.parse(stdout).services;
      expect(others).toEqual({});
      expect([mock, server, registry].map(({ profiles }) => profiles)).toEqual([['mock'], ['server'], ['server']]);
      expect(registry.environment).toEqual({ REGISTRY_STORAGE_DELETE_ENABLED: 'true' });
      for (const one of [mock, server]) expect(one).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    } finally {
      await remove();
    }
  },
);

test.skipIf(areMissing('go'))(
  'Kubernetes takes every object of the manifest, and would refuse one with a misspelt field',
  { ...about(VALIDATE), timeout: BUILD_MS },
  async () => {
    const validate = await buildGo(VALIDATE);
    expect(await runProcess(validate, [MANIFEST])).toMatchObject({ code: 0 });
    const { path, remove } = await temporaryDirectory();
    const misspelt = (await readFile(MANIFEST, 'utf8')).replace('readinessProbe', 'readynessProbe');
    await writeFile(`${path}/kubernetes.yaml`, misspelt);
    expect((await runProcess(validate, [`${path}/kubernetes.yaml`]).finally(remove)).code).not.toBe(0);
  },
);
