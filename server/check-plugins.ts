import { checkDriver } from '../plugins/load-driver.ts';
import { checkPlugin } from '../plugins/load-plugin.ts';
import type { LoadedConfiguration } from './config/index.ts';
import { readTls } from './http/tls.ts';
import { pluginPlace } from './plugin-place.ts';

/**
 * Finds what would prevent a start beyond what the file alone tells: drivers and plugins that are not there or whose
 * options are wrong, and TLS files that cannot be used. Starts nothing.
 * @returns every problem; none for a configuration with which a registry can be tried
 */
export async function findStartProblems(loaded: LoadedConfiguration): Promise<unknown[]> {
  const { auth, storage } = loaded.configuration;
  const { name, options } = storage.driver;
  const checks: Promise<unknown>[] = [
    checkDriver(name, options, pluginPlace(loaded, `storage.${name}`)),
    readTls(loaded),
  ];
  if (auth !== undefined) {
    checks.push(checkPlugin({ kind: 'access-controller', ...auth, ...pluginPlace(loaded, `auth.${auth.name}`) }));
  }
  const results = await Promise.allSettled(checks);
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
}
