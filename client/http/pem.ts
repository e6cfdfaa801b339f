import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { TlsOptions } from './http-settings.ts';

const CERTIFICATE = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----/;
const KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/;
const LOCKED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/** A text in PEM is not what it should be. The message is the end of a sentence about where it stands. */
export class PemError extends TypeError {
  override readonly name = 'PemError';
}

/** The first certificate of a text. @throws PemError when there is none */
export function parseCertificate(text: string): X509Certificate {
  if (!CERTIFICATE.test(text)) {
    const actual = KEY.test(text) ? 'holds a key and no certificate' : 'holds no certificate in PEM form';
    throw new PemError(`${actual} (-----BEGIN CERTIFICATE-----)`);
  }
  try {
    return new X509Certificate(text);
  } catch {
    // The reason is OpenSSL's, and says less.
    throw new PemError('holds a certificate that is damaged');
  }
}

/** The private key of a text. @throws PemError when there is none, or it does not open */
export function parseKey(text: string, passphrase?: string): KeyObject {
  if (!KEY.test(text)) {
    const actual = CERTIFICATE.test(text) ? 'holds a certificate and no key' : 'holds no key in PEM form';
    throw new PemError(`${actual} (-----BEGIN PRIVATE KEY-----)`);
  }
  const isLocked = LOCKED.test(text);
  if (isLocked && passphrase === undefined) {
    throw new PemError(
      'holds a key that is locked with a passphrase; unlock it with openssl pkey -in <file> -out <file>',
    );
  }
  try {
    return createPrivateKey({ key: text, passphrase });
  } catch {
    throw new PemError(
      isLocked
        ? 'holds a key that this passphrase does not open'
        : 'holds a key that is damaged, or of an unknown kind',
    );
  }
}

/**
 * Finds mistakes in what is given for TLS before the first connection, where only OpenSSL would speak of them.
 * @throws PemError that names the setting
 */
export function checkTls({ ca = [], cert, key, passphrase }: TlsOptions): void {
  for (const text of [ca].flat()) named('tls.ca', () => parseCertificate(text));
  const certificate = cert === undefined ? undefined : named('tls.cert', () => parseCertificate(cert));
  const privateKey = key === undefined ? undefined : named('tls.key', () => parseKey(key, passphrase));
  if (certificate === undefined && privateKey === undefined) return;
  if (certificate === undefined || privateKey === undefined) throw new PemError('tls.cert and tls.key go together');
  if (!certificate.checkPrivateKey(privateKey))
    throw new PemError('tls.key is the key of another certificate than tls.cert');
}

function named<Result>(name: string, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    throw error instanceof PemError ? new PemError(`${name} ${error.message}`) : error;
  }
}
