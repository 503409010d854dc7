// Checks in another order than the contract's, and what strangers learn by it.
import type { Call } from '../behaviour.ts';
import { catalogue, correct, tagsOf } from '../correct.ts';
import { type Fault, inOrder, withContent } from '../fault.ts';

const namesAreLegal = (call: Call) =>
  !correct.rules.some(({ refuses, when }) => catalogue[refuses].status === 400 && when(call));

export const orderFaults: readonly Fault[] = [
  {
    name: '400-before-401',
    loss: 'strangers use the provider to try out names',
    caughtBy: ['order/no-credentials-and-illegal-'],
    change: inOrder(400, 401, 429, 403, 404, 500),
  },
  {
    name: '404-before-401',
    loss: 'strangers learn which images there are',
    caughtBy: ['order/no-credentials-and-absent-', 'secrecy/stranger-'],
    change: {
      rules: [
        ...correct.rules
          .filter(({ refuses }) => catalogue[refuses].status === 404)
          .map(({ refuses, when }) => ({
            refuses,
            when: (call: Call) => namesAreLegal(call) && when(call),
          })),
        ...correct.rules,
      ],
    },
  },
  {
    name: '404-before-403',
    loss: 'callers without a right learn which images there are',
    caughtBy: ['order/no-right-and-absent-', 'secrecy/no-right-'],
    change: inOrder(401, 400, 429, 404, 403, 500),
  },
  {
    name: '403-before-400',
    loss: 'a caller asks for rights although the cause was a typo',
    caughtBy: ['order/illegal-'],
    change: inOrder(401, 403, 400, 429, 404, 500),
  },
  {
    name: 'existence-told-in-403',
    loss: 'callers without a right learn from the detail which tags there are',
    caughtBy: ['secrecy/no-right-'],
    change: {
      error: (name, requestId, call) => {
        const answer = correct.error(name, requestId, call);
        if (name !== 'namespace-not-permitted' || call === undefined) return answer;
        const detail = tagsOf(call)?.has(call.image.tag) ? `${call.image.tag} is not yours` : 'no such tag';
        return withContent(answer, ({ errors, ...content }) => ({
          ...content,
          errors: errors.map((one) => ({ ...one, detail })),
        }));
      },
    },
  },
];
