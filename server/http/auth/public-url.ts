// Signatures cover the URL that callers use. A proxy in front may have changed its host and its path.
import type { Authenticators } from './authenticate.ts';

/**
 * Checks signatures against the public URL in place of the received Host, and with its path in front of the received
 * path. Tokens cover neither.
 * @param publicUrl an http or https URL; undefined if no proxy changes host or path
 */
export function withPublicUrl(authenticators: Authenticators, publicUrl: URL | undefined): Authenticators {
  if (publicUrl === undefined) return authenticators;
  const { host } = publicUrl;
  const base = publicUrl.pathname.replace(/\/+$/, '');
  return {
    principalOfToken: (token) => authenticators.principalOfToken(token),
    verifySignature: (parts) => {
      const headers = { ...parts.headers, host };
      const verify = (target: string) => authenticators.verifySignature({ ...parts, headers, target: base + target });
      const result = verify(parts.target);
      // A proxy that changes the path may have decoded %24, the `$` of a repository, for which signers sign two forms.
      const escaped = parts.target.replaceAll('$', '%24');
      return result === 'bad-signature' && escaped !== parts.target ? verify(escaped) : result;
    },
  };
}
