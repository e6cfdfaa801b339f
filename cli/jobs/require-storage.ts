import { inspectStore } from '../../plugins/loading/load-driver.ts';
import { pluginRequests } from '../../server/composition/plugin-requests.ts';
import type { LoadedConfiguration } from '../../server/config/index.ts';

/**
 * Refuses a storage that does not exist, where its driver can tell: a mistyped one would be created, and a command that
 * works on what is stored would find nothing there and report success.
 * @throws PluginLoadError
 */
export async function requireStorage(loaded: LoadedConfiguration): Promise<void> {
  const { driver } = pluginRequests(loaded, { warn: () => undefined, redis: undefined });
  // A full or read-only disk prevents no job by itself.
  await inspectStore(driver.name, driver.options, { ...driver.place, writes: false, mustExist: true });
}
