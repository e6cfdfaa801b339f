import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { RedisSettings, RedisTls } from '../../plugins/coordination/redis/redis-settings.ts';
import {
  ConfigurationError,
  type ConfigurationProblem,
  formatKey,
  type KeyPath,
  type LoadedConfiguration,
  type RedisConfiguration,
} from '../config/index.ts';

type Files = NonNullable<RedisConfiguration['tls']>;
type Configured = Pick<LoadedConfiguration, 'baseFolder' | 'locate'>;

const TLS: KeyPath = ['redis', 'tls'];
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * How Redis is reached, with the content of the files of `redis.tls`; relative paths start at the configuration's folder.
 * Connects to nothing.
 * @returns `undefined` without Redis
 * @throws ConfigurationError that names every file which is missing, unreadable or of no use, and its key
 */
export async function readRedis(
  loaded: Configured & Pick<LoadedConfiguration, 'configuration'>,
): Promise<RedisSettings | undefined> {
  const { redis } = loaded.configuration;
  if (redis === undefined) return undefined;
  const { tls: files, ...settings } = redis;
  return { ...settings, ...(files && { tls: await readTlsFiles(loaded, files) }) };
}

async function readTlsFiles(
  loaded: Configured,
  { certificateFile, keyFile, authorityFiles }: Files,
): Promise<RedisTls> {
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
    certificateFile && read([...TLS, 'certificate'], certificateFile, checkCertificates),
    keyFile && read([...TLS, 'key'], keyFile, (pem) => void createPrivateKey(pem)),
    ...authorityFiles.map((file, index) => read([...TLS, 'rootcas', index], file, checkCertificates)),
  ]);
  if (problems.length === 0 && certificate && key) {
    await read([...TLS, 'key'], keyFile ?? '', () => void createSecureContext({ cert: certificate, key }));
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
