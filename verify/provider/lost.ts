import type { Finding } from '../report/model.ts';
import type { Scene } from './scene/scene.ts';
import type { Provider } from './send/provider.ts';

/** A provider that cannot be reached any more when the check ends: told once, not by every case. */
export function lostFindings({ operation, success }: Scene, { lost, requests }: Provider): Finding[] {
  if (lost === undefined) return [];
  const message = 'The provider cannot be reached any more; it answers every request, whatever was sent before.';
  return [
    {
      id: 'connection/lost',
      title: 'the provider is there until the check ends',
      status: success.status,
      cause: success.name,
      verdict: 'violated',
      violations: [{ rule: `${operation.pointer}/responses`, message, found: `${lost}, after ${requests} requests` }],
    },
  ];
}
