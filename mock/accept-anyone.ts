// Authentication of the mock: every caller is accepted. What can be checked without keys is checked.
import type { Authenticators } from '../server/http/auth/authenticate.ts';
import { readSignature } from '../server/http/auth/signature.ts';
import type { Principal } from '../server/http/principals.ts';

const anyone: Principal = { name: 'anyone', namespaces: ['*'] };

/** Accepts any token, and any signature that is well-formed, recent and made for this body. */
export const acceptAnyone: Authenticators = {
  principalOfToken: () => anyone,
  verifySignature: (parts) => {
    const read = readSignature(parts, new Date());
    return typeof read === 'string' ? read : anyone;
  },
};
