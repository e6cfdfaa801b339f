import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import {
  ConfigurationError,
  type ConfigurationProblem,
  formatKey,
  type KeyPath,
  type LoadedConfiguration,
} from '../config/index.ts';

/** The files with which a client of something speaks TLS, as they are written. */
export interface ClientTlsFiles {
  readonly certificateFile?: string;
  readonly keyFile?: string;
  readonly authorityFiles: readonly string[];
}

/** Their content, in PEM. */
export interface ClientTls {
  readonly certificate?: string;
  readonly key?: string;
  readonly authorities: readonly string[];
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * Reads the files of a section with the keys `certificate`, `key` and `rootcas`; relative paths start at the configuration's folder.
 * @param section where they are configured
 * @throws ConfigurationError that names every file which is missing, unreadable or of no use, and its key
 */
export async function readClientTls(
  loaded: Pick<LoadedConfiguration, 'baseFolder' | 'locate'>,
  section: KeyPath,
  { certificateFile, keyFile, authorityFiles }: ClientTlsFiles,
): Promise<ClientTls> {
  const problems: ConfigurationProblem[] = [];
  const read = async (path: KeyPath, file: string, check: (pem: string) => void): Promise<string> => {
    try {
      const pem = await readFile(resolve(loaded.baseFolder, file), 'utf8');
      check(pem);
      return pem;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      problems.push({ ...loaded.locate(path), key: formatKey(path), message: `${file} cannot be used: ${why}` });
      return '';
    }
  };
  const [certificate, key, ...authorities] = await Promise.all([
    certificateFile && read([...section, 'certificate'], certificateFile, checkCertificates),
    keyFile && read([...section, 'key'], keyFile, (pem) => void createPrivateKey(pem)),
    ...authorityFiles.map((file, index) => read([...section, 'rootcas', index], file, checkCertificates)),
  ]);
  if (problems.length === 0 && certificate && key) {
    await read([...section, 'key'], keyFile ?? '', () => void createSecureContext({ cert: certificate, key }));
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return { ...(certificate && { certificate }), ...(key && { key }), authorities: authorities.map(String) };
}

// Node would silently skip files that it cannot parse.
function checkCertificates(pem: string): void {
  const blocks = pem.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) throw new Error('it contains no certificate (PEM)');
  for (const block of blocks) new X509Certificate(block);
}
