// A provider that slows the check down: what it said is evidence too.

import { examplesOf } from '../contract/contract.ts';
import { type Level, levelOf } from '../contract/level.ts';
import type { Fixtures } from '../fixtures.ts';
import type { Finding } from '../report/model.ts';
import { judge } from './cases/judge-reply.ts';
import { isViolations } from './scene/outcome.ts';
import type { Scene } from './scene/scene.ts';
import type { Provider } from './send/provider.ts';

/** The judged 429s that no case asked for; empty if there were none, or if the contract has none. */
export function throttlingFindings(scene: Scene, { throttled }: Provider): Finding[] {
  const { first, times } = throttled;
  const [cause] = examplesOf(scene.operation, '429');
  if (cause === undefined || first === undefined) return [];
  const outcome = judge(scene.contract, first, { causes: [cause], rule: cause.pointer });
  const violations = isViolations(outcome) ? outcome : [];
  return [
    {
      id: 'throttled/seen',
      level: levelOf(scene.contract, cause.response),
      title: `the check was throttled, ${times} times`,
      status: cause.status,
      cause: cause.name,
      verdict: violations.length > 0 ? 'violated' : 'verified',
      violations,
    },
  ];
}

export function notesOf(
  { throttled, waitedMs, requests, stopped }: Provider,
  { images }: Fixtures,
  level: Level,
): string[] {
  const pace = `The provider answered ${throttled.times} of ${requests} requests with 429, and the check waited ${Math.round(waitedMs / 1000)} s as Retry-After asks: a lower --rate is quicker.`;
  return [
    ...(stopped === undefined ? [] : [`T${stopped.slice(1)}: what it did not come to is not verified.`]),
    ...(throttled.times > 0 ? [pace] : []),
    ...(level === 'full' ? [lastTagNote(images)] : []),
    `Tags of ${images.namespace}/${images.repository} that the fixtures offer are deleted by a run: before the next one they have to be there again.`,
  ];
}

/** A provider that cannot be reached any more when the check ends: told once, not by every case. */
export function lostFindings({ operation, success }: Scene, { lost, requests }: Provider): Finding[] {
  if (lost === undefined) return [];
  const message = 'The provider cannot be reached any more; it answers every request, whatever was sent before.';
  return [
    {
      id: 'connection/lost',
      level: 'base',
      title: 'the provider is there until the check ends',
      status: success.status,
      cause: success.name,
      verdict: 'violated',
      violations: [
        {
          rule: `${operation.pointer}/responses`,
          message,
          harm: 'no-answer',
          found: `${lost}, after ${requests} requests`,
        },
      ],
    },
  ];
}

const lastTagNote = (images: Fixtures['images']): string =>
  `That a repository outlives its last tag is seen where images.tags are all the tags of ${images.namespace}/${images.repository}, and nowhere else.`;
