import type { Iam } from '../http/auth/iam/open-iam.ts';
import type { Principal } from '../http/principals.ts';
import { type Store, StoreError } from '../store.ts';

interface Parts {
  readonly store: Store;
  readonly iam: Iam | undefined;
  /** The callers as they are now. */
  readonly principals: () => readonly Principal[];
  readonly stopping: AbortSignal;
}

/**
 * Whether requests can be answered. Without the identity service the server still knows the callers with a token or an
 * access key in the credentials file, so it is ready as long as there are any.
 * @returns resolves with what does not work though requests can be answered; rejects with the reason why they cannot
 */
export function createReadiness({ store, iam, principals, stopping }: Parts): () => Promise<readonly string[]> {
  return async () => {
    if (stopping.aborted) throw new StoreError('unavailable', 'stopping');
    const [reason] = await Promise.all([iam?.probe(), store.ready()]);
    if (reason === undefined) return [];
    const remark = `identity service: ${reason}`;
    if (principals().every((one) => one.iam !== undefined)) throw new Error(remark);
    return [remark];
  };
}
