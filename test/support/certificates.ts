// A private certificate authority, made anew for each test by openssl.
import { readFile, writeFile } from 'node:fs/promises';
import { run } from './programs.ts';

/** A key and the certificate that says so, as files. */
export interface Certificate {
  readonly key: string;
  readonly certificate: string;
}

/** A key with a certificate signed by itself. @param base the files' common path, without an ending */
export async function selfSigned(base: string, commonName: string): Promise<Certificate> {
  const made = { key: `${base}.key`, certificate: `${base}.pem` };
  await run('openssl', ...request(made.key, commonName), '-x509', '-days', '1', '-out', made.certificate);
  return made;
}

/** A key for 127.0.0.1 and localhost, with a certificate signed by an authority that no system trusts. `both` is one file. */
export async function privatelySigned(
  directory: string,
): Promise<Certificate & { readonly both: string; readonly authority: string }> {
  const authority = await selfSigned(`${directory}/authority`, 'Test authority');
  const [made, asked, names] = [
    { key: `${directory}/server.key`, certificate: `${directory}/server.pem` },
    `${directory}/server.csr`,
    `${directory}/names`,
  ];
  await writeFile(names, 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  await run('openssl', ...request(made.key, 'localhost'), '-out', asked);
  const signing = ['-CA', authority.certificate, '-CAkey', authority.key, '-CAcreateserial', '-extfile', names];
  await run('openssl', 'x509', '-req', '-in', asked, ...signing, '-days', '1', '-out', made.certificate);
  const both = `${directory}/both.pem`;
  await writeFile(both, (await Promise.all([made.certificate, made.key].map((file) => readFile(file)))).join(''));
  return { ...made, both, authority: authority.certificate };
}

function request(key: string, commonName: string): string[] {
  return ['req', '-newkey', 'rsa:2048', '-noenc', '-keyout', key, '-subj', `/CN=${commonName}`];
}
