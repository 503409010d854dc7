// Single faults of the base provider: each breaks what the base document says, whatever else a provider keeps.
import { setTimeout as sleep } from 'node:timers/promises';
import { type BaseBehaviour, Drop, honest, type Tags } from './base-provider.ts';

export interface BaseFault {
  readonly name: string;
  /** What a caller loses. */
  readonly loss: string;
  readonly change: Partial<BaseBehaviour>;
}

const answer = (status: number, body = 'something\n') => ({ status, body });
const success = (name: string, loss: string, change: Partial<BaseBehaviour>): BaseFault => ({ name, loss, change });
const missingTag = (status: number, body?: string) => ({ noTag: () => answer(status, body) });
const refusing = (isRefused: (name: string) => boolean, status: number): Partial<BaseBehaviour> => ({
  refuse: (names) => (names.some(isRefused) ? answer(status) : undefined),
});
const raw = (bytes: string): Partial<BaseBehaviour> => ({
  send: (response, sent) => {
    if (sent.status === 204) response.socket?.end(bytes);
    else honest.send(response, sent);
  },
});
const removing = (remove: BaseBehaviour['remove']): Partial<BaseBehaviour> => ({ remove });
const isOdd = (name: string) => /[^\w.$-]/.test(name);
const deleteAll = (tags: Tags, isGone: (tag: string) => boolean) => {
  for (const tag of [...tags.keys()].filter(isGone)) tags.delete(tag);
};

export const baseFaults: readonly BaseFault[] = [
  success('200-for-204', 'a script that waits for 204 takes the delete for failed', { success: answer(200) }),
  success('202-for-204', 'a script believes in a delete that is still to come', { success: answer(202) }),
  success('content-on-204', 'the content is read as the next answer', raw('HTTP/1.1 204 No Content\r\n\r\ndeleted')),
  success(
    'chunk-on-204',
    'the chunk is read as the next answer',
    raw('HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
  ),
  success('500-for-a-delete', 'no tag can be deleted', { success: answer(500) }),
  success(
    'deletes-nothing',
    'every tag is still there',
    removing(() => undefined),
  ),
  success(
    'deletes-late',
    'a tag that was answered as deleted is still there',
    removing(async (tags, tag) => {
      setTimeout(() => tags.delete(tag), 2_000).unref();
    }),
  ),
  success(
    'deletes-siblings',
    'all tags of the image are gone with one',
    removing((tags, tag) => {
      const digest = tags.get(tag);
      deleteAll(tags, (one) => tags.get(one) === digest);
    }),
  ),
  success(
    'deletes-by-prefix',
    'v10 is gone with v1',
    removing((tags, tag) => deleteAll(tags, (one) => one.startsWith(tag))),
  ),
  success(
    'deletes-in-any-case',
    'V1 is gone with v1',
    removing((tags, tag) => deleteAll(tags, (one) => one.toLowerCase() === tag.toLowerCase())),
  ),
  success(
    'deletes-the-repository',
    'all tags are gone with one',
    removing((tags) => tags.clear()),
  ),
  success('204-for-a-missing-tag', 'a typo looks like a delete', missingTag(204, '')),
  success('200-for-a-missing-tag', 'a typo looks like a delete', missingTag(200)),
  success('500-for-a-missing-tag', 'a typo looks like an outage', missingTag(500)),
  success('410-for-a-missing-tag', 'scripts do not know the status', missingTag(410)),
  success('403-for-a-missing-tag', 'a typo looks like a missing right', missingTag(403)),
  success('400-for-a-missing-tag', 'a missing tag looks like a bad request', missingTag(400)),
  success('204-for-a-missing-repository', 'a typo looks like a delete', { noRepository: answer(204, '') }),
  success('500-for-a-missing-repository', 'a typo looks like an outage', { noRepository: answer(500) }),
  success('200-for-a-missing-repository', 'a typo looks like a delete', { noRepository: answer(200) }),
  success('no-information-for-a-missing-tag', 'a caller is not told what was wrong', missingTag(404, '')),
  success('no-information-for-a-missing-repository', 'a caller is not told what was wrong', {
    noRepository: answer(404, ''),
  }),
  success('get-deletes', 'a link checker deletes images', { methods: ['DELETE', 'GET'] }),
  success('head-deletes', 'a probe deletes images', { methods: ['DELETE', 'HEAD'] }),
  success('post-deletes', 'a form deletes images', { methods: ['DELETE', 'POST'] }),
  success(
    'two-winners',
    'two clean-ups both count the tag as theirs',
    removing(async (tags, tag) => {
      await sleep(50);
      tags.delete(tag);
    }),
  ),
  success('500-for-an-illegal-name', 'a typo looks like an outage', refusing(isOdd, 500)),
  success('closes-on-an-illegal-name', 'a typo looks like a network failure', {
    refuse: (names) => {
      if (names.some(isOdd)) throw new Drop();
      return undefined;
    },
  }),
  success('204-for-an-illegal-name', 'a typo looks like a delete', refusing(isOdd, 204)),
  success('500-for-a-malformed-escape', 'a typo looks like an outage', {
    decode: (name) => {
      try {
        return decodeURIComponent(name);
      } catch {
        throw new Error('crash');
      }
    },
  }),
  success('closes-on-a-malformed-escape', 'a typo looks like a network failure', {
    decode: (name) => {
      try {
        return decodeURIComponent(name);
      } catch {
        throw new Drop();
      }
    },
  }),
  success(
    '500-for-an-over-long-name',
    'a typo looks like an outage',
    refusing((name) => name.length > 255, 500),
  ),
  success('no-information-for-a-bad-request', 'a caller is not told what was wrong', {
    refuse: (names) => (names.some(isOdd) ? answer(400, '') : undefined),
  }),
  success('second-delete-is-204', 'a retry cannot tell that the tag was gone', {
    noTag: (tags, tag) => (/^v\d+$/i.test(tag) && tags.size < 13 ? answer(204, '') : honest.noTag(tags, tag)),
  }),
];
