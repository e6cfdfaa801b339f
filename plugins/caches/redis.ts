import { z } from 'zod';
import { DESCRIPTOR_CACHE } from '../../core/di.ts';
import { RedisConnection } from '../coordination/redis/redis-connection.ts';
import { redisSettings } from '../coordination/redis/redis-settings.ts';
import { bindPort } from '../loading/bind-port.ts';
import { definePlugin, PLUGIN_CONTRACT } from '../plugin.ts';
import { RedisDescriptors } from './redis-descriptors.ts';

/** `storage: {cache: {blobdescriptor: redis}}`. Options: `redis` (the settings of the section `redis`). */
export default definePlugin({
  kind: 'descriptor-cache',
  name: 'redis',
  contract: PLUGIN_CONTRACT,
  options: z.strictObject({
    // The configuration hides these secrets wherever it prints them.
    redis: redisSettings.meta({ public: true }),
  }),
  module: async ({ redis }, { warn, signal }) => {
    const purpose = 'blob sizes; without it, the storage is asked';
    const connection = await RedisConnection.open(redis, { purpose, warn, signal });
    return bindPort(DESCRIPTOR_CACHE, new RedisDescriptors(connection));
  },
});
