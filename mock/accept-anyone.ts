// Who asks: anybody. What can be told without keys is still held against the contract.
import type { Authenticators } from '../server/http/auth/authenticate.ts';
import { readSignature } from '../server/http/auth/signature.ts';
import type { Principal } from '../server/http/principals.ts';

const anyone: Principal = { name: 'anyone', namespaces: ['*'] };

/** Accepts every token, and every signature that is well-formed, of now, and of this body. */
export const acceptAnyone: Authenticators = {
  principalOfToken: () => anyone,
  verifySignature: (parts) => {
    const read = readSignature(parts, new Date());
    return typeof read === 'string' ? read : anyone;
  },
};
