// The id that a provider gives a request, or takes over.
import { sample, stringMatching } from 'fast-check';
import { notFound } from '../../contract/causes.ts';
import type { Header } from '../../contract/contract.ts';
import { levelOf } from '../../contract/level.ts';
import { requestIdHeader } from '../../contract/request-id.ts';
import { schemasOf } from '../../judge/schemas.ts';
import { valuesOf } from '../../wire/messages.ts';
import { type Cause, isViolations } from '../scene/outcome.ts';
import { requestOf, type Scene } from '../scene/scene.ts';
import type { Case } from './case.ts';
import { judge } from './judge-reply.ts';

/** The contract's header says that an id of its form is kept, and so that every other one is not. */
export function requestIdCases(scene: Scene): Case[] {
  const cause = notFound(scene.operation, scene.last);
  const header = requestIdHeader(scene.contract);
  if (cause === undefined || header === undefined) return [];
  const [legal, illegal] = idsOf(scene, header);
  const kept = { id: 'kept', title: 'an incoming id is kept', sent: legal, isKept: true };
  const changed = { id: 'illegal', title: 'an incoming id of another form is not kept', sent: illegal, isKept: false };
  return [
    idCase(scene, cause, header, kept),
    idCase(scene, cause, header, changed),
    distinctCase(scene, cause, header),
  ];
}

interface Incoming {
  readonly id: string;
  readonly title: string;
  readonly sent: string | undefined;
  readonly isKept: boolean;
}

function idCase(scene: Scene, cause: Cause, { name, pointer }: Header, { id, title, sent, isKept }: Incoming): Case {
  const named = { id: `request-id/${id}`, title, cause };
  const form = isKept ? 'of the form that the contract gives' : 'of another form than the contract gives';
  const level = levelOf(scene.contract, pointer);
  if (sent === undefined) return { ...named, level, run: { reason: `no ${name} ${form} could be found` } };
  return {
    ...named,
    level,
    run: async (provider) => {
      const request = requestOf(scene, { [scene.last.name]: scene.madeUpTag }, { headers: [[name, sent]] });
      const reply = await provider.send(request);
      const outcome = judge(scene.contract, reply, { causes: [cause], rule: pointer });
      if (!isViolations(outcome) || outcome.length > 0 || reply.answer === undefined) return outcome;
      const [received] = valuesOf(reply.answer, name);
      if ((received === sent) === isKept) return [];
      const message = `An incoming ${name} ${form} is ${isKept ? '' : 'not '}kept.`;
      const found = `sent ${JSON.stringify(sent)}, received ${JSON.stringify(received)}`;
      return [{ rule: pointer, message, found, exchange: reply.exchange }];
    },
  };
}

/** Runs last: it looks at every answer of the run, but for the ids that were sent. */
function distinctCase(scene: Scene, cause: Cause, header: Header): Case {
  const { name, pointer } = header;
  return {
    id: 'request-id/distinct',
    title: 'every request has an id of its own',
    cause,
    level: levelOf(scene.contract, pointer),
    run: async ({ answers }) => {
      const sent = idsOf(scene, header);
      const ids = answers.flatMap(({ requestIds }) => requestIds).filter((id) => !sent.includes(id));
      if (ids.length < 2) return { reason: `fewer than two answers had the header ${name}` };
      const seen = new Set<string>();
      const again = ids.find((id) => seen.size === seen.add(id).size);
      if (again === undefined) return [];
      const message = `The same ${name} was given to more than one request.`;
      return [{ rule: pointer, message, found: `${name}: ${JSON.stringify(again)}` }];
    },
  };
}

/** Number of random ids to try. */
const SAMPLES = 20;

/** An id that the header's schema allows and one that it does not, the same in every run of a seed. */
function idsOf({ contract, seed }: Scene, header: Header): [legal: string | undefined, illegal: string | undefined] {
  const isAllowed = (id: string) => schemasOf(contract)(header.schema, id).length === 0;
  const plain = `verify-${seed}`;
  const random = [...randomIds(header, seed), header.example ?? ''].filter(isSendable);
  // The longest one: a provider does not come upon it by itself.
  const legal = [...random, plain].filter(isAllowed).toSorted((a, b) => b.length - a.length)[0];
  const illegal = ['a b;c', `${legal} ;`, `${legal};${legal}`, plain.repeat(30)].find(
    (id) => isSendable(id) && !isAllowed(id),
  );
  return [legal, illegal];
}

/** Random ids by the pattern; none if there is no pattern, or if fast-check does not support it. */
function randomIds({ pattern }: Header, seed: number): string[] {
  try {
    return pattern === undefined ? [] : sample(stringMatching(pattern), { seed, numRuns: SAMPLES });
  } catch {
    return [];
  }
}

/** RFC 9110, 5.5: what a field value may be made of; white space around it is not part of it. */
const isSendable = (id: string): boolean => /^[!-~](?:[ -~]*[!-~])?$/.test(id);
