import { REGISTRY } from '../../core/di.ts';
import { Failures } from '../../plugins/loading/failures.ts';
import { loadDriver } from '../../plugins/loading/load-driver.ts';
import { type LoadedRegistryWrapper, wrapRegistry } from '../../plugins/loading/wrap-registry.ts';
import { type CoreDependencies, coreContainer } from '../../server/composition/core-container.ts';

/**
 * Puts wrappers around a registry without content that is kept in memory, so that none of them can change the storage.
 * One that fails is left out for those after it.
 * @throws PluginLoadError when one of them does not wrap it; AggregateError of such when several do not
 */
export async function wrapEmptyRegistry(
  wrappers: readonly LoadedRegistryWrapper[],
  dependencies: Pick<CoreDependencies, 'log' | 'validation'>,
): Promise<void> {
  if (wrappers.length === 0) return;
  const failures = new Failures();
  const place = { at: 'storage', baseFolder: process.cwd(), warn: () => undefined };
  await using driver = await loadDriver('inmemory', {}, place);
  let registry = coreContainer({ driver, ...dependencies }).get(REGISTRY);
  for (const wrapper of wrappers) {
    registry = (await failures.of(() => wrapRegistry(registry, [wrapper]))) ?? registry;
  }
  if (failures.errors.length > 0) throw failures.all();
}
