// Signatures that must be refused, and the ones at the bounds of the clock that must not.
import { randomBytes } from 'node:crypto';
import { ALGORITHM, DATE_HEADER } from '../../../../signature/sign.ts';
import { type CredentialsCause, notFound } from '../../../contract/causes.ts';
import type { SecurityScheme } from '../../../contract/contract.ts';
import { levelOf } from '../../../contract/level.ts';
import { keysOf } from '../../../fixtures.ts';
import { type Flaws, type Signer, signed, withToken } from '../../scene/credentials.ts';
import type { NotVerified } from '../../scene/outcome.ts';
import { requestOf, type Scene } from '../../scene/scene.ts';
import { type Case, requestCase } from '../case.ts';
import type { Attempt } from './attempt.ts';

const NEEDS_KEYS: NotVerified = {
  reason: 'an access key pair is needed to sign',
  fixture: 'credentials.allowed.accessKey',
};

/** How far from the bound of the clock's skew, in seconds: clocks differ a little. */
const MARGIN_SECONDS = 60;

export function signatureAttempts(scene: Scene, scheme: SecurityScheme): (readonly [CredentialsCause, Attempt[]])[] {
  const { header, pointer, maxClockSkewSeconds = 0 } = scheme;
  const signer = signerOf(scene, scheme);
  const flawed = (id: string, title: string, flaws: Flaws, rule = pointer): Attempt => ({
    id,
    title,
    credentials: signer ? signed(signer, flaws) : NEEDS_KEYS,
    rule,
  });
  const literal = (id: string, title: string, value: string): Attempt => ({
    id,
    title,
    credentials: withToken(header, value),
    rule: pointer,
  });
  const clock = `${pointer}/x-max-clock-skew-seconds`;
  const beyond = maxClockSkewSeconds + MARGIN_SECONDS;
  return [
    ['wrong-signature', badSignatures(scene, scheme, flawed)],
    [
      'expired-signature',
      [
        flawed('signed-too-early', `signed ${beyond} s ago`, { skewSeconds: -beyond }, clock),
        flawed('signed-too-late', `signed ${beyond} s ahead of time`, { skewSeconds: beyond }, clock),
      ],
    ],
    [
      'malformed',
      [
        literal('algorithm-alone', 'nothing but the algorithm', ALGORITHM),
        literal('no-signature-part', 'no Signature', `${ALGORITHM} Access=nobody, SignedHeaders=host;${DATE_HEADER}`),
        flawed('short-signature', 'a signature of 32 digits', { alter: (digits) => digits.slice(0, 32) }),
        flawed('no-hex-signature', 'a signature of other letters', { alter: (digits) => 'z'.repeat(digits.length) }),
        flawed('other-date-form', 'a date of another form', { sentDate: new Date().toISOString() }),
        flawed('impossible-date', 'a day that does not exist', { sentDate: '20260231T000000Z' }),
      ],
    ],
    ['unsigned-date', [flawed('unsigned-date', 'a date that is not signed', { signedHeaders: ['host'] })]],
    [
      'absent-signed-header',
      [
        flawed('absent-signed-header', 'a signed header that is not sent', {
          signedHeaders: ['host', DATE_HEADER, 'x-absent'],
        }),
      ],
    ],
  ];
}

function badSignatures(
  scene: Scene,
  scheme: SecurityScheme,
  flawed: (id: string, title: string, flaws: Flaws) => Attempt,
): Attempt[] {
  const { header, pointer } = scheme;
  const keys = keysOf(scene.fixtures.credentials?.allowed);
  const strange = {
    accessKey: randomBytes(10).toString('hex').toUpperCase(),
    secretKey: randomBytes(20).toString('hex'),
  };
  const by = (id: string, title: string, pair: Signer['keys'] | undefined): Attempt => ({
    id,
    title,
    credentials: pair ? signed({ header, host: scene.host, keys: pair, clock: scene.clock }) : NEEDS_KEYS,
    rule: pointer,
  });
  const changed = (digits: string) => digits.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
  return [
    by('unknown-access-key', 'an access key that nobody has', strange),
    by(
      'wrong-secret-key',
      'a known access key and a wrong secret key',
      keys && { ...keys, secretKey: strange.secretKey },
    ),
    by('mixed-keys', 'an unknown access key and a known secret key', keys && { ...keys, accessKey: strange.accessKey }),
    flawed('changed-signature', 'a signature with one digit changed', { alter: changed }),
    flawed('other-path-signed', 'a signature of another path', { target: '/' }),
    flawed('other-method-signed', 'a signature of another method', { method: 'GET' }),
    flawed('other-date-signed', 'a signature of another moment', { sentSkewSeconds: MARGIN_SECONDS }),
  ];
}

function signerOf(scene: Scene, { header }: SecurityScheme): Signer | undefined {
  const keys = keysOf(scene.fixtures.credentials?.allowed);
  return keys && { header, host: scene.host, keys, clock: scene.clock };
}

/** Within the clock's skew a signature is right: it gets as far as the tag, which does not exist. */
export function acceptedSignatureCases(scene: Scene): Case[] {
  const example = notFound(scene.operation, scene.last);
  const scheme = scene.operation.security.find(({ kind }) => kind === 'signature');
  if (scheme?.maxClockSkewSeconds === undefined || example === undefined) return [];
  const within = scheme.maxClockSkewSeconds - MARGIN_SECONDS;
  const signer = signerOf(scene, scheme);
  return [-within, within].map((skewSeconds) => {
    const named = {
      id: `authentication/${skewSeconds < 0 ? 'old' : 'young'}-signature`,
      title: `signed ${Math.abs(skewSeconds)} s ${skewSeconds < 0 ? 'ago' : 'ahead of time'}, which is allowed`,
    };
    const rule = `${scheme.pointer}/x-max-clock-skew-seconds`;
    if (signer === undefined) {
      return { ...named, cause: example, level: levelOf(scene.contract, rule), run: NEEDS_KEYS };
    }
    const tag = { [scene.last.name]: scene.madeUpTag };
    const request = requestOf(scene, tag, { credentials: signed(signer, { skewSeconds }) });
    return requestCase(scene.contract, named, request, { causes: [example], rule });
  });
}
