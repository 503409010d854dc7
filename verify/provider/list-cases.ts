import { harmlessLine } from '../report/harmless.ts';
import { deriveCases } from './derive-cases.ts';
import type { ProviderCheckOptions } from './verify-provider.ts';

type Options = Required<Pick<ProviderCheckOptions, 'baseUrl' | 'contract' | 'fixtures' | 'seed' | 'level'>>;

/** The cases of a run, a line each, and what keeps a case from being run. */
export function listCases({ baseUrl, contract, fixtures, seed, level }: Options): string {
  const cases = deriveCases(contract, fixtures, { baseUrl: new URL(baseUrl), seed, level });
  const phases = [cases.base, cases.beyond].flatMap(({ refusals, deletes }) => [...refusals, ...deletes]);
  const all = [...phases, ...cases.closing, ...cases.uncovered];
  const lines = all.map(({ id, title, cause, level: of, run }) => {
    const missing =
      typeof run === 'function' ? '' : `  [not verified: ${run.reason}${run.fixture ? `; ${run.fixture}` : ''}]`;
    return harmlessLine(`${of.padEnd(6)}  ${cause.status} ${cause.name}  ${id}  ${title}${missing}`);
  });
  return `${[...lines, `${all.length} cases; nothing was sent.`].join('\n')}\n`;
}
