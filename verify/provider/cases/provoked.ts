// States that only the provider can bring about: the fixtures name images whose deletion does it.
import { CannotRun } from '../../cannot-run.ts';
import { examplesOf } from '../../contract/contract.ts';
import { levelOf, levelOfState } from '../../contract/level.ts';
import type { Cause } from '../scene/outcome.ts';
import { requestOf, type Scene, segmentsOf } from '../scene/scene.ts';
import type { Case } from './case.ts';
import { judge } from './judge-reply.ts';

/** @throws CannotRun if a key is neither a status nor an example of the contract */
export function provokedCases(scene: Scene): Case[] {
  const { contract, operation, fixtures } = scene;
  const examples = examplesOf(operation);
  const keys = Object.entries(fixtures.provoke);
  const isGateway = (key: string) => contract.gateway.examples.some(({ status }) => status === key);
  const isKnown = (key: string) =>
    examples.some(({ name, status }) => key === name || key === status) || isGateway(key);
  const unknown = keys.filter(([key]) => !isKnown(key));
  if (unknown.length > 0) {
    const names = [...new Set(examples.flatMap(({ status, name }) => [status, name]))].join(', ');
    throw new CannotRun(
      unknown.map(([key]) => `provoke.${key} is neither a status nor an example of the contract; there are ${names}`),
    );
  }
  return keys.flatMap(([key, image]): Case[] => {
    const [first, ...others] = examples.filter(({ name, status }) => key === name || key === status);
    if (first === undefined) return [];
    return [
      {
        id: `provoke/${key}`,
        title: `${image.namespace}/${image.repository}:${image.tag}, whose deletion is answered so by the fixtures`,
        cause: first,
        level: levelOf(contract, first.response),
        run: async (provider) => {
          const request = requestOf(scene, segmentsOf(scene, image));
          const reply = first.status === '429' ? await provider.sendOnce(request) : await provider.send(request);
          return judge(contract, reply, { causes: [first, ...others], rule: first.response });
        },
      },
    ];
  });
}

/** Every answer that the contract names and no case is about: a row for each, and what would make a case of it. */
export function uncoveredCases({ contract, operation }: Scene, cases: readonly Case[]): Case[] {
  const covered = new Set(cases.map(({ cause }) => `${cause.status} ${cause.name}`));
  const others = contract.operations.filter((one) => one !== operation).flatMap((one) => examplesOf(one));
  const missing = [...examplesOf(operation), ...contract.gateway.examples, ...others].filter(
    ({ status, name }) => !covered.has(`${status} ${name}`),
  );
  return [...new Map(missing.map((one) => [`${one.status} ${one.name}`, one])).values()].map((cause: Cause) => ({
    id: `uncovered/${cause.name}`,
    title: cause.summary,
    cause,
    level: levelOfState(contract, cause),
    run: others.some((one) => one === cause)
      ? { reason: 'it is an answer of an operation that this check does not know how to try' }
      : { reason: 'only the provider can bring this state about', fixture: provokeKey(operation.responses, cause) },
  }));
}

/** The status is enough as a key if it has only one cause. */
function provokeKey(responses: Scene['operation']['responses'], { status, name }: Cause): string {
  const causes = responses.find((one) => one.status === status)?.examples.length ?? 1;
  return `provoke.${causes > 1 ? name : status}`;
}
