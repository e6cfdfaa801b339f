import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The files of a certificate of the test, in PEM. */
export interface TestCertificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** The purpose of a certificate; a `server` is called localhost, and by the addresses of this machine. */
export type Purpose = 'authority' | 'server' | 'client';

const EXTENSIONS: Readonly<Record<Purpose, readonly string[]>> = {
  authority: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'],
  server: ['subjectAltName=DNS:localhost,IP:127.0.0.1,IP:0.0.0.0', 'extendedKeyUsage=serverAuth'],
  client: ['extendedKeyUsage=clientAuth'],
};

/** Whether there is an `openssl` that can create these certificates: version 3.0 or newer. */
export async function hasOpenssl(): Promise<boolean> {
  return run('openssl', ['version']).then(
    ({ stdout }) => /^OpenSSL (?:[3-9]|\d\d)/.test(stdout),
    () => false,
  );
}

/** Creates certificates in one folder; names are used for files and subjects. */
export class CertificateMaker {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Without an issuer the certificate is self-signed. `kind` is what `openssl req -newkey` takes. */
  async make(name: string, purpose: Purpose, issuer?: TestCertificate, kind = 'ec'): Promise<TestCertificate> {
    const made = { certFile: this.#file(`${name}.pem`), keyFile: this.#file(`${name}.key`) };
    const subject = purpose === 'server' ? 'localhost' : name;
    const output = ['-keyout', made.keyFile, '-out', made.certFile];
    const signer = issuer === undefined ? [] : ['-CA', issuer.certFile, '-CAkey', issuer.keyFile];
    const curve = kind === 'ec' ? ['-pkeyopt', 'ec_paramgen_curve:P-256'] : [];
    const key = ['-newkey', kind, ...curve, '-noenc'];
    await run('openssl', [
      ...['req', '-x509', '-days', '2', '-config', await this.#emptyConfig(), '-subj', `/CN=${subject}`],
      ...[...key, ...output, ...signer],
      ...EXTENSIONS[purpose].flatMap((extension) => ['-addext', extension]),
    ]);
    return made;
  }

  /** The same key, encrypted with a passphrase. */
  async encryptKey({ keyFile }: TestCertificate): Promise<string> {
    const encrypted = `${keyFile}.enc`;
    await run('openssl', ['pkey', '-in', keyFile, '-aes256', '-passout', 'pass:secret', '-out', encrypted]);
    return encrypted;
  }

  // Settings of the machine's own openssl.cnf would differ between machines.
  async #emptyConfig(): Promise<string> {
    const file = this.#file('openssl.cnf');
    await writeFile(file, '[req]\ndistinguished_name = name\n[name]\n');
    return file;
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }
}
