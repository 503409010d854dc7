// Tools that write images, each as its users call it. Every one writes an image for two platforms if its format allows.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { buildGo, type GoProgram } from '../support/go.ts';
import { type Program, versionOf } from '../support/program.ts';

/** Where the tool works. */
interface Workplace {
  /** An empty directory of its own. */
  readonly directory: string;
  /** A layout with an image `multi` for two platforms, and `first` and `second` for one. */
  readonly images: string;
}

/** One tool. References are `host/namespace/repository:tag`; the host has no TLS. */
export interface ImageTool extends Program {
  /** Pushes an image and gives it both tags. */
  push(place: Workplace, first: string, second: string): Promise<void>;
  /** Writes an image into a layout under both tags, if the tool can. */
  writeLayout?(place: Workplace, layout: string, first: string, second: string): Promise<void>;
}

/** Runs a program with a home of its own. @throws with its standard error */
async function run(place: Workplace, program: string, ...args: string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], HOME: place.directory, STORAGE_DRIVER: 'vfs' };
  const { stdout } = await promisify(execFile)(program, args, { cwd: place.directory, env });
  return stdout;
}

const CRANE: GoProgram = { package: 'github.com/google/go-containerregistry/cmd/crane', version: 'v0.22.1' };
const ORAS: GoProgram = { package: 'oras.land/oras/cmd/oras', version: 'v1.3.6' };
const REGCTL: GoProgram = { package: 'github.com/regclient/regclient/cmd/regctl', version: 'v0.11.7' };

const goTool =
  (program: GoProgram) =>
  async (place: Workplace, ...args: string[]) =>
    run(place, await buildGo(program), ...args);

const crane = goTool(CRANE);
const oras = goTool(ORAS);
const regctl = goTool(REGCTL);

const skopeoCopy = (place: Workplace, from: string, to: string) =>
  run(place, 'skopeo', 'copy', '--insecure-policy', '--all', '--dest-tls-verify=false', from, to);

/** podman and buildah share one storage, which is kept in the workplace. */
function containers(place: Workplace, program: string, ...args: string[]): Promise<string> {
  const storage = ['--root', `${place.directory}/storage`, '--runroot', `${place.directory}/run`];
  return run(place, program, ...storage, ...args);
}

async function build(place: Workplace, program: 'podman' | 'buildah', ...options: string[]): Promise<void> {
  await writeFile(`${place.directory}/Containerfile`, 'FROM scratch\nCOPY text /text\n');
  await writeFile(`${place.directory}/text`, `Built by ${program}.\n`);
  await containers(place, program, 'build', ...options, place.directory);
}

const FOR_TWO = ['--platform', 'linux/amd64,linux/arm64', '--manifest', 'multi'];

const kind = 'image tool' as const;

export const TOOLS: readonly ImageTool[] = [
  {
    kind,
    name: 'skopeo',
    version: versionOf('skopeo'),
    push: async (place, ...references) => {
      for (const to of references) await skopeoCopy(place, `oci:${place.images}:multi`, `docker://${to}`);
    },
    writeLayout: async (place, layout, ...tags) => {
      for (const tag of tags) await skopeoCopy(place, `oci:${place.images}:multi`, `oci:${layout}:${tag}`);
    },
  },
  ...(['podman', 'buildah'] as const).map((name) => ({
    kind,
    name,
    version: versionOf(name),
    push: async (place: Workplace, ...references: string[]) => {
      await build(place, name, ...FOR_TWO);
      for (const to of references)
        await containers(place, name, 'manifest', 'push', '--all', '--tls-verify=false', 'multi', `docker://${to}`);
    },
    writeLayout: async (place: Workplace, layout: string, ...tags: string[]) => {
      await build(place, name, ...FOR_TWO);
      for (const tag of tags)
        await containers(place, name, 'manifest', 'push', '--all', 'multi', `oci:${layout}:${tag}`);
    },
  })),
  {
    kind,
    name: 'podman save (docker-archive) and crane push',
    version: `${versionOf('podman')}, ${CRANE.version.slice(1)}`,
    push: async (place, first, second) => {
      await build(place, 'podman', '--tag', 'single');
      const archive = `${place.directory}/image.tar`;
      await containers(place, 'podman', 'save', '--format', 'docker-archive', '--output', archive, 'single');
      await crane(place, 'push', archive, first);
      await crane(place, 'copy', first, second);
    },
  },
  {
    kind,
    name: 'crane',
    version: CRANE.version,
    push: async (place, first, second) => {
      const parts = ['amd64', 'arm64'].map((tag) => first.replace(/[^:]+$/, tag));
      await writeFile(`${place.directory}/text`, 'Built by crane.\n');
      for (const part of parts) {
        await run(place, 'tar', '-cf', 'layer.tar', 'text');
        await crane(place, 'append', '--new_layer', 'layer.tar', '--new_tag', part);
      }
      await crane(
        place,
        'index',
        'append',
        '--docker-empty-base',
        ...parts.flatMap((part) => ['--manifest', part]),
        '--tag',
        first,
      );
      await crane(place, 'tag', first, second.split(':').at(-1) as string);
    },
  },
  {
    kind,
    name: 'oras',
    version: ORAS.version,
    push: async (place, first, second) => {
      await oras(place, 'cp', '--to-plain-http', '--from-oci-layout', `${place.images}:multi`, first);
      await oras(place, 'tag', '--plain-http', first, second.split(':').at(-1) as string);
    },
    writeLayout: async (place, layout, first, second) => {
      await oras(place, 'cp', '--from-oci-layout', '--to-oci-layout', `${place.images}:multi`, `${layout}:${first}`);
      await oras(place, 'tag', '--oci-layout', `${layout}:${first}`, second);
    },
  },
  {
    kind,
    name: 'regctl',
    version: REGCTL.version,
    push: async (place, ...references) => {
      for (const to of references) {
        const host = `reg=${to.split('/')[0]},tls=disabled`;
        await regctl(place, 'image', 'copy', '--host', host, `ocidir://${place.images}:multi`, to);
      }
    },
    writeLayout: async (place, layout, ...tags) => {
      for (const tag of tags)
        await regctl(place, 'image', 'copy', `ocidir://${place.images}:multi`, `ocidir://${layout}:${tag}`);
    },
  },
];

/** How a tool attaches an artifact, such as a signature or an SBOM, to an image, and lists what is attached. */
export interface ReferrerTool extends Program {
  /** @param image a reference by tag */
  attach(place: Workplace, image: string): Promise<void>;
  /** @returns the digests of what is attached, as the tool lists them, sorted */
  list(place: Workplace, image: string): Promise<string[]>;
}

const digestsIn = (text: string) => [...new Set(text.match(/sha256:[0-9a-f]{64}/g))].sort();
const TYPE = 'application/spdx+json';

async function sbom(place: Workplace): Promise<void> {
  await writeFile(`${place.directory}/sbom.json`, '{"spdxVersion":"SPDX-2.3"}');
}

/** oras at an image in a registry, or in a layout if `layout` is set. */
const orasReferrers = (options: readonly string[]): Omit<ReferrerTool, keyof Program> => ({
  attach: async (place, image) => {
    await sbom(place);
    await oras(place, 'attach', ...options, '--artifact-type', TYPE, image, 'sbom.json');
  },
  list: async (place, image) => {
    const { referrers } = JSON.parse(await oras(place, 'discover', ...options, '--format', 'json', image));
    return digestsIn(JSON.stringify(referrers));
  },
});

const regctlReferrers = (optionsFor: (image: string) => readonly string[]): Omit<ReferrerTool, keyof Program> => ({
  attach: async (place, image) => {
    await sbom(place);
    const file = ['--file', 'sbom.json', '--artifact-type', TYPE];
    await regctl(place, 'artifact', 'put', ...optionsFor(image), ...file, '--subject', image);
  },
  list: async (place, image) => {
    const format = '{{range .Descriptors}}{{println .Digest}}{{end}}';
    return digestsIn(await regctl(place, 'artifact', 'list', ...optionsFor(image), '--format', format, image));
  },
});

const named = (name: string, { version }: GoProgram): Program => ({ kind, name, version });

/** Tools that attach to images in a registry. */
export const REGISTRY_REFERRERS: readonly ReferrerTool[] = [
  { ...named('oras', ORAS), ...orasReferrers(['--plain-http']) },
  {
    ...named('regctl', REGCTL),
    ...regctlReferrers((image) => ['--host', `reg=${image.split('/')[0]},tls=disabled`]),
  },
];

/** Tools that attach to images in a layout. The image is `directory:tag`. */
export const LAYOUT_REFERRERS: readonly ReferrerTool[] = [
  { ...named('oras', ORAS), ...orasReferrers(['--oci-layout']) },
  {
    ...named('regctl', REGCTL),
    ...(() => {
      const { attach, list } = regctlReferrers(() => []);
      const ocidir = (image: string) => `ocidir://${image}`;
      return {
        attach: (place: Workplace, image: string) => attach(place, ocidir(image)),
        list: (place: Workplace, image: string) => list(place, ocidir(image)),
      };
    })(),
  },
];
