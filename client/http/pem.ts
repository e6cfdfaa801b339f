import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { TlsOptions } from './http-settings.ts';

const CERTIFICATE = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----/;
const KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/;
const LOCKED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/** Thrown for PEM that is not what it should be. The message completes a sentence that begins with its source. */
export class PemError extends TypeError {
  override readonly name = 'PemError';
}

/** The first certificate of a text. @throws PemError when there is none */
export function parseCertificate(text: string): X509Certificate {
  if (!CERTIFICATE.test(text)) {
    const actual = KEY.test(text) ? 'contains a key and no certificate' : 'contains no certificate in PEM form';
    throw new PemError(`${actual} (-----BEGIN CERTIFICATE-----)`);
  }
  try {
    return new X509Certificate(text);
  } catch {
    // OpenSSL's own message says less.
    throw new PemError('contains a damaged certificate');
  }
}

/** The private key of a text. @throws PemError when there is none, or it cannot be decrypted */
export function parseKey(text: string, passphrase?: string): KeyObject {
  if (!KEY.test(text)) {
    const actual = CERTIFICATE.test(text) ? 'contains a certificate and no key' : 'contains no key in PEM form';
    throw new PemError(`${actual} (-----BEGIN PRIVATE KEY-----)`);
  }
  const isLocked = LOCKED.test(text);
  if (isLocked && passphrase === undefined) {
    throw new PemError('contains an encrypted key; decrypt it with openssl pkey -in <file> -out <file>');
  }
  try {
    return createPrivateKey({ key: text, passphrase });
  } catch {
    throw new PemError(
      isLocked
        ? 'contains a key that this passphrase does not decrypt'
        : 'contains a key that is damaged or of an unknown type',
    );
  }
}

/**
 * Checks TLS settings before the first connection, whose errors would come from OpenSSL and be less clear.
 * @throws PemError that names the setting
 */
export function checkTls({ ca = [], cert, key, passphrase }: TlsOptions): void {
  for (const text of [ca].flat()) named('tls.ca', () => parseCertificate(text));
  const certificate = cert === undefined ? undefined : named('tls.cert', () => parseCertificate(cert));
  const privateKey = key === undefined ? undefined : named('tls.key', () => parseKey(key, passphrase));
  if (certificate === undefined && privateKey === undefined) return;
  if (certificate === undefined || privateKey === undefined)
    throw new PemError('tls.cert and tls.key must be set together');
  if (!certificate.checkPrivateKey(privateKey))
    throw new PemError('tls.key does not belong to the certificate tls.cert');
}

function named<Result>(name: string, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    throw error instanceof PemError ? new PemError(`${name} ${error.message}`) : error;
  }
}
