import type { Logger } from '../../../core/ports/logger.ts';
import { type Coordination, singleProcess } from '../coordination.ts';
import { LayeredBroadcast } from './layered-broadcast.ts';
import { LayeredLocks } from './layered-locks.ts';
import { RedisBroadcast } from './redis-broadcast.ts';
import { RedisConnection } from './redis-connection.ts';
import { RedisLocks } from './redis-locks.ts';
import type { RedisSettings } from './redis-settings.ts';

const PURPOSE =
  'upload locks and messages about deletes; without it, each instance locks on its own and asks the storage';

/**
 * Coordination of all instances that use one Redis, in addition to that within this instance. Resolves even when Redis
 * is unavailable: the instance joins the others once Redis answers.
 * @param local the coordination between the processes of this instance; without it there is only this process
 */
export async function openRedisCoordination(
  settings: RedisSettings,
  { log, local = singleProcess() }: { readonly log: Logger; readonly local?: Coordination | undefined },
): Promise<Coordination & AsyncDisposable> {
  const connection = await RedisConnection.open(settings, {
    purpose: PURPOSE,
    warn: (message, fields = {}) => log.warn(fields, message),
  });
  const broadcast = new RedisBroadcast(connection, settings);
  return {
    locks: new LayeredLocks(local.locks, new RedisLocks(connection)),
    broadcast: new LayeredBroadcast(local.broadcast, broadcast),
    [Symbol.asyncDispose]: async () => {
      await broadcast[Symbol.asyncDispose]();
      await connection[Symbol.asyncDispose]();
    },
  };
}
