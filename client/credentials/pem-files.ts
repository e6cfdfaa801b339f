import { readFile } from 'node:fs/promises';
import { PemError, parseCertificate, parseKey } from '../http/pem.ts';
import { CredentialsError } from './credentials-error.ts';

/**
 * Reads one or several CA certificates.
 * @throws CredentialsError when the file cannot be read or has other content
 */
export async function readAuthorities(file: string): Promise<string> {
  const text = await readText(file);
  parsed(file, () => parseCertificate(text));
  return text;
}

/**
 * Reads a client certificate and its key, in PEM.
 * @throws CredentialsError when a file cannot be read or has other content, or the key belongs to another certificate
 */
export async function readKeyPair(
  certFile: string,
  keyFile: string,
): Promise<{ readonly cert: string; readonly key: string }> {
  const [cert, key] = await Promise.all([readText(certFile), readText(keyFile)]);
  const certificate = parsed(certFile, () => parseCertificate(cert));
  if (certificate.checkPrivateKey(parsed(keyFile, () => parseKey(key)))) return { cert, key };
  throw new CredentialsError(keyFile, `does not contain the key of the certificate in ${certFile}`);
}

function parsed<Result>(file: string, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    throw error instanceof PemError ? new CredentialsError(file, error.message) : error;
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const advice = 'check who owns it and its permissions';
    throw new CredentialsError(file, code === 'ENOENT' ? 'does not exist' : `cannot be read (${code}); ${advice}`);
  }
}
