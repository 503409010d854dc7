import type { Operation } from '../../contract/contract.ts';
import { type Credential, keysOf } from '../../fixtures.ts';
import type { Credentials } from '../send/request.ts';
import { type Signer, signed, withToken } from './credentials.ts';

/** A way in that a credential has. */
export interface Way {
  readonly kind: 'token' | 'signature';
  readonly credentials: Credentials;
  /** The credentials fit none of the contract's ways in. */
  readonly isNobody?: boolean;
}

/** The contract's ways in that a credential has, in the contract's order. */
export function waysOf(
  { security }: Operation,
  credential: Credential | undefined,
  by: Pick<Signer, 'host' | 'clock'>,
): Way[] {
  if (credential === undefined) return [];
  const keys = keysOf(credential);
  return security.flatMap(({ kind, header }): Way[] => {
    if (kind === 'token') {
      return credential.token === undefined ? [] : [{ kind, credentials: withToken(header, credential.token) }];
    }
    const signer: Signer | undefined = keys && { header, keys, ...by };
    return signer === undefined ? [] : [{ kind, credentials: signed(signer) }];
  });
}
