import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';

/**
 * Reads certificates in PEM.
 * @param variable the setting that names the file
 * @param problems gets a line if the file cannot be used; then undefined is returned
 */
export async function readCertificates(
  variable: string,
  path: string,
  problems: string[],
): Promise<string | undefined> {
  try {
    const pem = await readFile(path, 'utf8');
    if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new Error('contains no PEM certificate');
    createSecureContext({ ca: pem });
    return pem;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    problems.push(
      `${variable} ${path}: ${code === undefined || code.startsWith('ERR_') ? message : `cannot be read: ${code}`}`,
    );
    return undefined;
  }
}
