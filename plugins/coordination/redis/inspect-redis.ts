import { errorMessage } from '../../loading/error-message.ts';
import { luaScript } from './lua-script.ts';
import { RedisConnection } from './redis-connection.ts';
import type { RedisSettings } from './redis-settings.ts';

/** Both commands run as one step, so the key is never visible. */
const WRITE_AND_DELETE = luaScript("redis.call('SET', KEYS[1], '') return redis.call('DEL', KEYS[1])");
const KEY = 'stowage:{check-config}:probe';

/**
 * Checks that Redis can be reached and runs what a registry needs: scripts that write.
 * @throws Error with the reason, within the time limits of the settings
 */
export async function inspectRedis(settings: RedisSettings): Promise<void> {
  const use = { purpose: 'connection check', warn: () => undefined };
  await using connection = await RedisConnection.open(settings, use);
  try {
    await connection.run(WRITE_AND_DELETE, { keys: [KEY], args: [] });
  } catch (error) {
    throw new Error(`Redis cannot be used: ${errorMessage(error)}; a registry would start without it`, {
      cause: error,
    });
  }
}
