import { z } from 'zod';
import { TOKEN_PROVIDER } from '../../core/di.ts';
import { RedisConnection } from '../coordination/redis/redis-connection.ts';
import { redisSettings } from '../coordination/redis/redis-settings.ts';
import { bindPort } from '../loading/bind-port.ts';
import { definePlugin, PLUGIN_CONTRACT } from '../plugin.ts';
import { RedisTokens } from './redis-tokens.ts';

/** `http: {tokenprovider: redis}`. Options: `redis` (the settings of the section `redis`), `maxAgeMs`. */
export default definePlugin({
  kind: 'token-provider',
  name: 'redis',
  contract: PLUGIN_CONTRACT,
  options: z.strictObject({
    // The configuration hides these secrets wherever it prints them.
    redis: redisSettings.meta({ public: true }),
    maxAgeMs: z.number().positive().optional(),
  }),
  module: async ({ redis, maxAgeMs }, { warn, signal }) => {
    const purpose = 'upload tokens; without it, uploads fail with 503';
    const connection = await RedisConnection.open(redis, { purpose, warn, signal });
    return bindPort(TOKEN_PROVIDER, new RedisTokens(connection, maxAgeMs));
  },
});
