// What is deleted, and what is not.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Behaviour, Call } from '../behaviour.ts';
import { correct, tagsOf } from '../correct.ts';
import type { Fault } from '../fault.ts';

/** Long against a request, short against a run, in milliseconds. */
const MOMENT = 40;

/** Deletes, besides the tag, those others of its repository. */
const deletingToo = (isDeleted: (other: string, call: Call) => boolean): Partial<Behaviour> => ({
  remove: (call) => {
    const tags = tagsOf(call) ?? new Map();
    const others = [...tags.keys()].filter((other) => isDeleted(other, call));
    for (const tag of [call.image.tag, ...others]) tags.delete(tag);
  },
});

const locked = new WeakSet<object>();

export const deletionFaults: readonly Fault[] = [
  {
    name: 'deletes-nothing',
    loss: 'every tag is still there',
    caughtBy: ['delete/twice'],
    change: { remove: () => undefined },
  },
  {
    name: 'deletes-late',
    loss: 'a tag that was answered as deleted can still be pulled',
    caughtBy: ['delete/twice'],
    change: { remove: (call) => void setTimeout(correct.remove, MOMENT, call).unref() },
  },
  {
    name: 'deletes-by-digest',
    loss: 'deleting one tag deletes all tags of the image',
    caughtBy: ['delete/sibling'],
    change: deletingToo((other, call) => tagsOf(call)?.get(other) === tagsOf(call)?.get(call.image.tag)),
  },
  {
    name: 'deletes-by-prefix',
    loss: 'deleting v1 also deletes v10',
    caughtBy: ['delete/sibling-prefix'],
    change: deletingToo((other, { image }) => other.startsWith(image.tag)),
  },
  {
    name: 'simultaneous-deletes-all-win',
    loss: 'two clean-ups both count the tag as theirs',
    caughtBy: ['delete/simultaneous'],
    change: { remove: (call) => sleep(MOMENT).then(() => correct.remove(call)) },
  },
  {
    name: 'simultaneous-deletes-fail',
    loss: 'simultaneous clean-ups see an outage when a tag is merely gone',
    caughtBy: ['delete/simultaneous'],
    change: {
      rules: [...correct.rules, { refuses: 'storage-failure', when: ({ world }) => locked.has(world) }],
      remove: async (call) => {
        locked.add(call.world);
        await sleep(MOMENT);
        await correct.remove(call);
        locked.delete(call.world);
      },
    },
  },
];
