import { errorMessage } from '../../loading/error-message.ts';
import { luaScript } from './lua-script.ts';
import { RedisConnection } from './redis-connection.ts';
import type { RedisSettings } from './redis-settings.ts';

/** Both commands are one step: nobody ever sees the key. */
const WRITE_AND_DELETE = luaScript("redis.call('SET', KEYS[1], '') return redis.call('DEL', KEYS[1])");
const KEY = 'stowage:{check-config}:probe';

/**
 * Looks whether Redis can be reached and takes what a registry does there: scripts that write.
 * @throws Error that says why not, within the time limits of the settings
 */
export async function inspectRedis(settings: RedisSettings): Promise<void> {
  const use = { purpose: 'a look whether it is there', warn: () => undefined };
  await using connection = await RedisConnection.open(settings, use);
  try {
    await connection.run(WRITE_AND_DELETE, { keys: [KEY], args: [] });
  } catch (error) {
    throw new Error(`Redis cannot be used: ${errorMessage(error)}; a registry would start without it`, {
      cause: error,
    });
  }
}
