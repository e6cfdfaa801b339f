import { checkDriver } from '../plugins/load-driver.ts';
import { checkPlugin } from '../plugins/load-plugin.ts';
import type { LoadedConfiguration } from './config/index.ts';
import { readTls } from './http/tls.ts';
import { pluginRequests } from './plugin-requests.ts';
import { readRedis } from './read-redis.ts';

/**
 * Finds what would prevent a start beyond what the file alone tells: drivers and plugins that are not there or whose
 * options are wrong, and TLS files that cannot be used. Starts nothing.
 * @returns every problem; none for a configuration with which a registry can be tried
 */
export async function findStartProblems(loaded: LoadedConfiguration): Promise<unknown[]> {
  const { driver, wrappers, plugins, accessController, descriptorCache } = pluginRequests(loaded, {
    warn: () => undefined,
    redis: undefined,
  });
  // The one in Redis has no options but those of the section `redis`.
  const caches = descriptorCache === undefined || descriptorCache.name === 'redis' ? [] : [descriptorCache];
  const requests = [...wrappers, ...plugins, accessController, ...caches];
  const checks = [
    checkDriver(driver.name, driver.options, driver.place),
    readTls(loaded),
    readRedis(loaded),
    ...requests.map((request) => checkPlugin(request)),
  ];
  const results = await Promise.allSettled(checks);
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
}
