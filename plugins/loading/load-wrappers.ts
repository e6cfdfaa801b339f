import { guardDriver, type StorageDriver } from '../../core/driver/index.ts';
import type { DriverMetrics } from '../../core/ports/driver-metrics.ts';
import type { DriverWrapper } from '../../core/ports/driver-wrapper.ts';
import { driverProblems } from '../kinds/storage-driver.ts';
import { disposeLate } from './dispose-late.ts';
import { Failures } from './failures.ts';
import { type LoadedPlugin, loadPlugin, type PluginRequest } from './load-plugin.ts';
import { attempt, loadError } from './load-step.ts';

/** A wrapper that the configuration asks for. */
export type WrapperRequest = Omit<PluginRequest, 'kind'>;

/** What wraps a driver in addition to the wrappers that the configuration names. */
export interface OtherWrappers {
  /** Loaded plugins; those without a wrapper are skipped. Their wrappers go around the others. */
  readonly plugins?: readonly LoadedPlugin[];
  /** A wrapper that counts calls; it is put outermost when no other one counts them. */
  readonly meter?: WrapperRequest | undefined;
}

/** A driver with all its wrappers. */
export interface WrappedDriver {
  /** Guarded. */
  readonly driver: StorageDriver;
  /** Those of the outermost wrapper that counts calls. */
  readonly metrics: DriverMetrics | undefined;
}

/**
 * Wraps a driver. As in distribution, the first wrapper is next to the driver and the last one next to core: each wraps the
 * result of those before it.
 * @param driver guarded; from now on it belongs to the result, or is disposed when this rejects
 * @throws PluginLoadError always when one of them is not ready; AggregateError of such when several are not
 */
export async function wrapDriver(
  driver: StorageDriver,
  requests: readonly WrapperRequest[],
  { plugins = [], meter }: OtherWrappers = {},
): Promise<WrappedDriver> {
  await using stack = new AsyncDisposableStack();
  stack.use(driver);
  const wrappers = [...(await loadWrappers(requests)), ...plugins];
  if (meter !== undefined && metricsOf(wrappers) === undefined) {
    wrappers.push(await loadPlugin({ ...meter, kind: 'driver-wrapper' }));
  }
  stack.move();
  return { driver: await wrapWith(driver, wrappers), metrics: metricsOf(wrappers) };
}

/**
 * Loads wrappers one after the other, without wrapping anything.
 * @throws PluginLoadError when one of them is not ready; AggregateError of such when several are not
 */
export async function loadWrappers(requests: readonly WrapperRequest[]): Promise<LoadedPlugin[]> {
  const failures = new Failures();
  const wrappers: LoadedPlugin[] = [];
  for (const request of requests) {
    const wrapper = await failures.of(() => loadPlugin({ ...request, kind: 'driver-wrapper' }));
    if (wrapper !== undefined) wrappers.push(wrapper);
  }
  if (failures.errors.length > 0) throw failures.all();
  return wrappers;
}

function metricsOf(plugins: readonly LoadedPlugin[]): DriverMetrics | undefined {
  return plugins.findLast(({ ports }) => ports['driver-wrapper']?.metrics)?.ports['driver-wrapper']?.metrics;
}

async function wrapWith(driver: StorageDriver, plugins: readonly LoadedPlugin[]): Promise<StorageDriver> {
  await using stack = new AsyncDisposableStack();
  let outermost = driver;
  stack.defer(() => outermost[Symbol.asyncDispose]());
  for (const loaded of plugins) {
    const wrapper = loaded.ports['driver-wrapper'];
    if (wrapper !== undefined) outermost = await wrapOnce(outermost, wrapper, loaded);
  }
  stack.move();
  return outermost;
}

async function wrapOnce(
  driver: StorageDriver,
  wrapper: DriverWrapper,
  { plugin }: LoadedPlugin,
): Promise<StorageDriver> {
  const wrapped: unknown = await attempt(plugin, 'wrap()', async () => {
    const outer = await wrapper.wrap(driver);
    if (plugin.givenUp.signal.aborted) await disposeLate(outer);
    return outer;
  });
  const problems = await attempt(plugin, 'checking its driver', () => driverProblems(wrapped));
  if (problems.length > 0) throw loadError('broken-contract', plugin, problems);
  // It was just checked to have everything that a driver needs.
  return guardDriver(wrapped as StorageDriver);
}
