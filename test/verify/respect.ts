// Redocly's respect as a judge: it follows the description of the main paths, and says what it found.
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { TOKEN_INPUTS } from '../../verify/arazzo/calls.ts';
import { describeMainPaths, SOURCE } from '../../verify/arazzo/describe.ts';
import { defaultContractFile, readContract } from '../../verify/contract/read-contract.ts';
import type { Fixtures } from '../../verify/fixtures.ts';
import { runProcess } from '../support/command.ts';
import { temporaryDirectory } from '../support/programs.ts';

const redocly = createRequire(import.meta.url).resolve('@redocly/cli/bin/cli.js');

/** What respect wrote of a run, as far as it is looked at. */
interface Log {
  readonly files: Readonly<Record<string, { readonly executedWorkflows: readonly Workflow[] }>>;
}

interface Workflow {
  readonly workflowId: string;
  readonly executedSteps: readonly {
    readonly stepId: string;
    readonly checks: readonly { readonly name: string; readonly status: string; readonly message?: string }[];
  }[];
}

export interface Judgement {
  readonly code: number | null;
  /** The workflows that were run, without the operation's name. */
  readonly workflows: readonly string[];
  /** Each check that failed, behind the name of its step. */
  readonly failed: readonly string[];
}

/** Has respect follow the main paths against a provider. @param skip workflows, without the operation's name */
export async function judge(url: string, fixtures: Fixtures, skip: readonly string[] = []): Promise<Judgement> {
  const contract = await readContract();
  const [prefix] = contract.operations.map(({ id }) => `${id}-`);
  const { path: directory, remove } = await temporaryDirectory();
  try {
    const [description, log] = [join(directory, 'main-paths.yaml'), join(directory, 'log.json')];
    const document = describeMainPaths(contract, fixtures, defaultContractFile);
    await writeFile(description, stringify(document, { aliasDuplicateObjects: false }));
    const args = [redocly, 'respect', description, '--server', `${SOURCE}=${url}`, '--json-output', log];
    const skipped = skip.flatMap((workflow) => ['--skip', `${prefix}${workflow}`]);
    const { code, stdout, stderr } = await runProcess(process.execPath, [...args, ...skipped], {
      env: { ...QUIET, HOME: directory, REDOCLY_CLI_RESPECT_INPUT: JSON.stringify(inputsOf(fixtures)) },
    });
    const text = await readFile(log, 'utf8').catch(() =>
      Promise.reject(new Error(`respect wrote no log: ${stdout}${stderr}`)),
    );
    const workflows = Object.values((JSON.parse(text) as Log).files).flatMap(
      ({ executedWorkflows }) => executedWorkflows,
    );
    return {
      code,
      workflows: workflows.map(({ workflowId }) => workflowId.replace(prefix ?? '', '')),
      failed: workflows.flatMap(({ executedSteps }) => executedSteps.flatMap(failuresOf)),
    };
  } finally {
    await remove();
  }
}

/** Nothing goes out but to the provider. */
const QUIET = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', NO_COLOR: '1' };

const inputsOf = ({ credentials: { allowed, forbidden } }: Fixtures) => ({
  [TOKEN_INPUTS.allowed]: allowed.token,
  [TOKEN_INPUTS.forbidden]: forbidden?.token,
});

function failuresOf({ stepId, checks }: Workflow['executedSteps'][number]): string[] {
  return checks
    .filter(({ status }) => status !== 'success')
    .map(({ name, message = '' }) => `${stepId}: ${/"condition":"(.*)"/.exec(message)?.[1] ?? name}`);
}
