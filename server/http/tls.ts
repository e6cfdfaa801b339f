import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createSecureContext, type TlsOptions } from 'node:tls';
import {
  type ClientAuth,
  ConfigurationError,
  formatKey,
  type KeyPath,
  type LoadedConfiguration,
  settleAll,
  type TlsConfiguration,
} from '../config/index.ts';

/** What a TLS server needs. */
export interface TlsMaterial {
  /** For Node: certificate, key, versions and cipher suites, and as much of `clientAuth` as Node can do. */
  readonly options: TlsOptions;
  /** Absent: clients are not asked for certificates. */
  readonly clientAuth?: ClientAuth;
}

type Configured = Pick<LoadedConfiguration, 'baseFolder' | 'locate'>;

const CERTIFICATE: KeyPath = ['http', 'tls', 'certificate'];
const KEY: KeyPath = ['http', 'tls', 'key'];
/** DER of `SEQUENCE { SEQUENCE { OBJECT IDENTIFIER clientAuth } }`. */
const TRUSTED_FOR_CLIENT_AUTH = Buffer.from('300c300a06082b06010505070302', 'hex');
const PEM_CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[\s\S]*?-----END [^\n]*-----/g;

/**
 * Reads the files of `http.tls` and checks that they can be used; relative paths start at the configuration's folder.
 * @returns `undefined` for plain HTTP
 * @throws ConfigurationError that names every file that is missing, unreadable or unusable, and its key
 */
export async function readTls(loaded: LoadedConfiguration): Promise<TlsMaterial | undefined> {
  const { tls } = loaded.configuration.http;
  if (tls === undefined) return undefined;
  const authorityFiles = tls.clientAuthorityFiles.entries();
  const [certificate, key, ...authorities] = await settleAll([
    readCertificate(loaded, tls),
    readKey(loaded, tls),
    ...Array.from(authorityFiles, ([index, file]) => readAuthorities(loaded, index, file)),
  ] as const);
  const fail = (path: KeyPath, message: string): ConfigurationError => problem(loaded, path, message);
  if (!certificate.leaf.checkPrivateKey(key.parsed)) {
    throw fail(KEY, `${tls.keyFile} is not the key of the first certificate in ${tls.certificateFile}`);
  }
  const options = toOptions(tls, { cert: certificate.pem, key: key.pem, ca: authorities.flat() });
  try {
    createSecureContext(options);
  } catch (error) {
    throw fail(CERTIFICATE, `${tls.certificateFile} cannot be used: ${reason(error)}`);
  }
  return { options, ...(tls.clientAuth && { clientAuth: tls.clientAuth }) };
}

function toOptions(tls: TlsConfiguration, files: { cert: string; key: string; ca: string[] }): TlsOptions {
  return {
    cert: files.cert,
    key: files.key,
    minVersion: tls.minimumVersion,
    ciphers: tls.ciphers,
    requestCert: tls.clientAuth !== undefined,
    rejectUnauthorized: tls.clientAuth === 'require-and-verify-client-cert',
    // Without this list Node would trust the authorities of the public web.
    ca: files.ca,
  };
}

async function readCertificate(
  loaded: Configured,
  { certificateFile: file }: TlsConfiguration,
): Promise<{ pem: string; leaf: X509Certificate }> {
  const pem = await readText(loaded, CERTIFICATE, file);
  const [leaf] = parseCertificates(loaded, CERTIFICATE, { file, pem });
  return { pem, leaf };
}

async function readKey(
  loaded: Configured,
  { keyFile: file }: TlsConfiguration,
): Promise<{ pem: string; parsed: KeyObject }> {
  const pem = await readText(loaded, KEY, file);
  if (/^-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(pem)) {
    throw problem(loaded, KEY, `${file} is encrypted and needs a passphrase; decrypt it, as with openssl pkey`);
  }
  try {
    return { pem, parsed: createPrivateKey(pem) };
  } catch (error) {
    throw problem(loaded, KEY, `${file} contains no private key (PEM): ${reason(error)}`);
  }
}

async function readAuthorities(loaded: Configured, index: number, file: string): Promise<string[]> {
  const path = ['http', 'tls', 'clientcas', index];
  const pem = await readText(loaded, path, file);
  return parseCertificates(loaded, path, { file, pem }).map(toTrustAnchor);
}

/**
 * The certificate in PEM with OpenSSL's mark "trusted for client authentication" (openssl-x509, TRUST OPTIONS). With it any
 * authority is trusted, as in Go; without it only a root is. Node's `allowPartialTrustChain` has no effect on servers.
 */
function toTrustAnchor(certificate: X509Certificate): string {
  const base64 = Buffer.concat([certificate.raw, TRUSTED_FOR_CLIENT_AUTH]).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN TRUSTED CERTIFICATE-----', ...lines, '-----END TRUSTED CERTIFICATE-----', ''].join('\n');
}

async function readText(loaded: Configured, path: KeyPath, file: string): Promise<string> {
  try {
    return await readFile(resolve(loaded.baseFolder, file), 'utf8');
  } catch (error) {
    throw problem(loaded, path, `${file} cannot be read: ${reason(error)}`);
  }
}

// Node would skip a certificate that it cannot read, and all that follow it.
function parseCertificates(
  loaded: Configured,
  path: KeyPath,
  { file, pem }: { file: string; pem: string },
): [X509Certificate, ...X509Certificate[]] {
  try {
    const [first, ...others] = (pem.match(PEM_CERTIFICATE) ?? []).map((block) => new X509Certificate(block));
    if (first !== undefined) return [first, ...others];
  } catch (error) {
    throw problem(loaded, path, `${file} contains a certificate that cannot be read: ${reason(error)}`);
  }
  throw problem(loaded, path, `${file} contains no certificate (PEM)`);
}

function problem({ locate }: Configured, path: KeyPath, message: string): ConfigurationError {
  return new ConfigurationError([{ ...locate(path), key: formatKey(path), message }]);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
