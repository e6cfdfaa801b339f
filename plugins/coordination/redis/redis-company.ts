import type { Logger } from '../../../core/ports/logger.ts';
import { alone, type Company } from '../../core.module.ts';
import { LayeredBulletin } from './layered-bulletin.ts';
import { LayeredLocks } from './layered-locks.ts';
import { RedisBulletin } from './redis-bulletin.ts';
import { RedisConnection } from './redis-connection.ts';
import { RedisLocks } from './redis-locks.ts';
import type { RedisSettings } from './redis-settings.ts';

const PURPOSE =
  'locks of uploads and news of deletes; without it each instance locks for itself, and asks the storage what is there';

/**
 * What the processes of all instances on one Redis share, beside what those of this instance do. Resolves also when Redis
 * is away: the instance joins the others when it comes.
 * @param local what the processes of this instance share; without it there is only this one
 */
export async function openRedisCompany(
  settings: RedisSettings,
  { log, local = alone() }: { readonly log: Logger; readonly local?: Company | undefined },
): Promise<Company & AsyncDisposable> {
  const connection = await RedisConnection.open(settings, {
    purpose: PURPOSE,
    warn: (message, fields = {}) => log.warn(fields, message),
  });
  const bulletin = new RedisBulletin(connection, settings);
  return {
    locks: new LayeredLocks(local.locks, new RedisLocks(connection)),
    bulletin: new LayeredBulletin(local.bulletin, bulletin),
    [Symbol.asyncDispose]: async () => {
      await bulletin[Symbol.asyncDispose]();
      await connection[Symbol.asyncDispose]();
    },
  };
}
