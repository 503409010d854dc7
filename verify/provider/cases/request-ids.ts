// The id that a provider gives a request, or takes over.
import { notFound } from '../../contract/causes.ts';
import type { Header } from '../../contract/contract.ts';
import { valuesOf } from '../../wire/messages.ts';
import { type Case, type Cause, describeAnswer, isViolations, judge } from '../case.ts';
import { absentSegment, requestOf, type Scene } from '../scene.ts';

const NAME = 'X-Request-Id';

/** The contract's header says that an id of its form is kept, and so that every other one is not. */
export function requestIdCases(scene: Scene): Case[] {
  const cause = notFound(scene.operation, scene.last);
  const header = scene.operation.responses.flatMap(({ headers }) => headers).find(({ name }) => name === NAME);
  if (cause === undefined || header === undefined) return [];
  const own = `verify-${scene.seed}.A_b`;
  return [
    idCase(scene, cause, header, { id: 'kept', title: 'an incoming id is kept', sent: own, isKept: true }),
    idCase(scene, cause, header, {
      id: 'illegal',
      title: 'an incoming id of another form is not kept',
      sent: 'a b;c',
      isKept: false,
    }),
    distinctCase(cause, header),
  ];
}

interface Incoming {
  readonly id: string;
  readonly title: string;
  readonly sent: string;
  readonly isKept: boolean;
}

function idCase(scene: Scene, cause: Cause, { pointer }: Header, { id, title, sent, isKept }: Incoming): Case {
  return {
    id: `request-id/${id}`,
    title,
    cause,
    run: async (provider) => {
      const absent = absentSegment(scene, scene.last) ?? '';
      const request = requestOf(scene, { [scene.last.name]: absent }, { headers: [[NAME, sent]], hasOwnId: true });
      const reply = await provider.send(request);
      const outcome = judge(scene.contract, reply, { causes: [cause], rule: pointer });
      if (!isViolations(outcome) || outcome.length > 0 || reply.answer === undefined) return outcome;
      const [received] = valuesOf(reply.answer, NAME);
      if ((received === sent) === isKept) return [];
      const message = `The request had the ${NAME} ${JSON.stringify(sent)}, the answer ${describeAnswer(reply)} has ${JSON.stringify(received)}: an id is ${isKept ? '' : 'not '}kept ${isKept ? 'where it has' : 'where it has not'} the form.`;
      return [{ rule: pointer, message, exchange: reply.exchange }];
    },
  };
}

/** Runs last: it looks at every answer of the run. */
function distinctCase(cause: Cause, { pointer }: Header): Case {
  return {
    id: 'request-id/distinct',
    title: 'every request has an id of its own',
    cause,
    run: async ({ requestIds }) => {
      const seen = new Set<string>();
      const again = requestIds.find((id) => seen.size === seen.add(id).size);
      return again === undefined
        ? []
        : [{ rule: pointer, message: `The ${NAME} ${JSON.stringify(again)} was given to more than one request.` }];
    },
  };
}
