import type { RedisSettings } from '../../plugins/coordination/redis/redis-settings.ts';
import type { KeyPath, LoadedConfiguration } from '../config/index.ts';
import { readClientTls } from './client-tls-files.ts';

type Configured = Pick<LoadedConfiguration, 'baseFolder' | 'locate'>;

const TLS: KeyPath = ['redis', 'tls'];

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
  return { ...settings, ...(files && { tls: await readClientTls(loaded, TLS, files) }) };
}
