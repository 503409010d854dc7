// Authentication: every named example of a 401, with the requests that provoke it.
import { type CredentialsCause, unauthorized } from '../../../contract/causes.ts';
import type { Example, SecurityScheme } from '../../../contract/contract.ts';
import { levelOf } from '../../../contract/level.ts';
import { randomToken, variantsOf } from '../../../evidence/token-variants.ts';
import { keysOf } from '../../../fixtures.ts';
import { nobody, signed, together, withToken } from '../../scene/credentials.ts';
import type { NotVerified } from '../../scene/outcome.ts';
import { requestOf, type Scene } from '../../scene/scene.ts';
import { type Case, requestCase } from '../case.ts';
import type { Attempt } from './attempt.ts';
import { signatureAttempts } from './signatures.ts';

/** Attempts, by the reason for the refusal. */
type Recipes = readonly (readonly [cause: CredentialsCause, attempts: readonly Attempt[]])[];

export function authenticationCases(scene: Scene): Case[] {
  const { operation } = scene;
  if (operation.security.length === 0) return [];
  return recipesOf(scene).flatMap(([cause, attempts]) => {
    const causes = unauthorized(operation, cause);
    return causes === undefined ? [] : attempts.map((attempt) => attemptCase(scene, attempt, causes));
  });
}

/** The request names an existing tag, so a provider that lets it through deletes that tag. */
function attemptCase(
  scene: Scene,
  { id, title, credentials, rule }: Attempt,
  causes: readonly [Example, ...Example[]],
): Case {
  const [example] = causes;
  const asked = rule ?? example.pointer;
  const named = { id: `authentication/${id}`, title };
  if (typeof credentials !== 'function') {
    return { ...named, cause: example, level: levelOf(scene.contract, asked), run: credentials };
  }
  const request = requestOf(scene, {}, { credentials });
  return requestCase(scene.contract, named, request, { causes, rule: asked });
}

function recipesOf(scene: Scene): Recipes {
  const { security } = scene.operation;
  const token = security.find(({ kind }) => kind === 'token');
  const signature = security.find(({ kind }) => kind === 'signature');
  const missing: Attempt[] = [
    { id: 'none', title: 'no credentials', credentials: nobody },
    ...(signature ? otherSchemes(signature) : []),
  ];
  return [
    ['missing', [...missing, ...(token ? emptyTokens(token) : [])]],
    ['unknown-token', token ? unknownTokens(scene, token) : []],
    ...(signature ? signatureAttempts(scene, signature) : []),
    ['ambiguous', token && signature ? [bothWays(scene, token, signature)] : []],
  ];
}

function otherSchemes({ header }: SecurityScheme): Attempt[] {
  const schemes = { Bearer: randomToken(), Basic: Buffer.from('nobody:nothing').toString('base64') };
  return Object.entries(schemes).map(([scheme, value]) => ({
    id: `${scheme.toLowerCase()}-scheme`,
    title: `credentials of the scheme ${scheme}, which the contract does not have`,
    credentials: withToken(header, `${scheme} ${value}`),
  }));
}

function emptyTokens({ header, pointer }: SecurityScheme): Attempt[] {
  return [
    { id: 'empty-token', title: `an empty ${header}`, credentials: withToken(header, ''), rule: pointer },
    { id: 'blank-token', title: `a ${header} of blanks`, credentials: withToken(header, '   '), rule: pointer },
  ];
}

function unknownTokens({ fixtures }: Scene, { header, pointer, maxLength }: SecurityScheme): Attempt[] {
  const known = fixtures.credentials?.allowed?.token;
  const variants = known === undefined ? undefined : variantsOf(known);
  const needsToken: NotVerified = {
    reason: 'a token that is known is needed to change it',
    fixture: 'credentials.allowed.token',
  };
  const with_ = (...tokens: (string | undefined)[]) => {
    const all = tokens.filter((one) => one !== undefined);
    return all.length < tokens.length ? needsToken : withToken(header, ...all);
  };
  return [
    { id: 'unknown-token', title: `a ${header} that nobody has`, credentials: with_(randomToken()) },
    { id: 'longer-token', title: 'a known token with one character more', credentials: with_(variants?.longer) },
    {
      id: 'shorter-token',
      title: 'a known token with one character less',
      credentials: with_(variants?.shorter),
    },
    {
      id: 'swapped-case-token',
      title: 'a known token in other letters’ case',
      credentials: with_(variants?.swapped),
    },
    { id: 'token-twice', title: `${header} sent twice`, credentials: with_(known, known), rule: pointer },
    {
      id: 'unknown-and-known-token',
      title: `${header} sent twice, an unknown token first`,
      credentials: with_(randomToken(), known),
      rule: pointer,
    },
    {
      id: 'known-and-unknown-token',
      title: `${header} sent twice, a known token first`,
      credentials: with_(known, randomToken()),
      rule: pointer,
    },
    ...(maxLength === undefined
      ? []
      : [
          {
            id: 'over-length-token',
            title: `a token of ${maxLength + 1} characters, one more than allowed`,
            credentials: with_('a'.repeat(maxLength + 1)),
            rule: `${pointer}/x-max-length`,
          },
        ]),
  ];
}

function bothWays(scene: Scene, token: SecurityScheme, signature: SecurityScheme): Attempt {
  const allowed = scene.fixtures.credentials?.allowed;
  const keys = allowed && keysOf(allowed);
  const described = { id: 'both-ways', title: 'a token and a signature, both right' };
  if (allowed?.token === undefined || keys === undefined) {
    const fixture = `credentials.allowed.${keys === undefined ? 'accessKey' : 'token'}`;
    return { ...described, credentials: { reason: 'a token and an access key are needed', fixture } };
  }
  const signer = { header: signature.header, host: scene.host, keys, clock: scene.clock };
  return { ...described, credentials: together(withToken(token.header, allowed.token), signed(signer)) };
}
