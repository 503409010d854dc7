// Credentials that did not exist before, from the system's random numbers.
import { randomBytes, randomInt } from 'node:crypto';

/** As the vendor's access keys look. */
const ACCESS_KEY_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const ACCESS_KEY_LENGTH = 20;

/** A token of 192 bits. */
export function createToken(): string {
  return randomBytes(24).toString('base64url');
}

/** An access key, and its secret key of 240 bits. */
export function createAccessKeyPair(): { readonly accessKey: string; readonly secretKey: string } {
  const letters = Array.from(
    { length: ACCESS_KEY_LENGTH },
    () => ACCESS_KEY_LETTERS[randomInt(ACCESS_KEY_LETTERS.length)],
  );
  return { accessKey: letters.join(''), secretKey: randomBytes(30).toString('base64url') };
}
