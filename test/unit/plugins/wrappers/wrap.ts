import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TypedContainer } from '@inversifyjs/strongly-typed';
import { type Bindings, DRIVER_WRAPPER } from '../../../../core/di.ts';
import { guardDriver, type PluginContext, type StorageDriver } from '../../../../core/driver/index.ts';
import filesystem from '../../../../drivers/filesystem/index.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import type { PluginDefinition } from '../../../../plugins/plugin.ts';
import { pluginContext } from '../../../helpers/drivers/driver-options.ts';

/** A wrapper with its options, as the YAML has them. */
export interface Wrapping<Options> {
  readonly definition: PluginDefinition<Options>;
  readonly options?: unknown;
  readonly context?: PluginContext;
}

/** The result of validating `options`: each problem as `path: message`. */
export async function problemsOf<Options>({ definition, options }: Wrapping<Options>): Promise<string[]> {
  const { issues = [] } = await definition.options['~standard'].validate(options ?? {});
  return issues.map(({ path = [], message }) => `${path.map(String).join('.')}: ${message}`);
}

/** What a wrapper binds. */
export async function bindingsOf<Options>({
  definition,
  options,
  context = pluginContext(),
}: Wrapping<Options>): Promise<TypedContainer<Bindings>> {
  const result = await definition.options['~standard'].validate(options ?? {});
  if (result.issues !== undefined) throw new Error(JSON.stringify(result.issues));
  const container = new TypedContainer<Bindings>();
  container.load(await definition.module(result.value, context));
  return container;
}

/** `driver` with its guard, in the wrapper, with another guard, as the registry composes them. */
export async function wrap<Options>(driver: StorageDriver, wrapping: Wrapping<Options>): Promise<StorageDriver> {
  const container = await bindingsOf(wrapping);
  return guardDriver(await container.get(DRIVER_WRAPPER).wrap(guardDriver(driver)));
}

/** The drivers that every wrapper is tried on. */
export const BACKENDS = ['memory', 'filesystem'] as const;

/** An empty driver, and what removes its content. */
export async function newBackend(
  kind: (typeof BACKENDS)[number],
): Promise<{ readonly driver: StorageDriver; readonly remove: () => Promise<void> }> {
  if (kind === 'memory') return { driver: new MemoryDriver(), remove: async () => undefined };
  const root = await mkdtemp(join(tmpdir(), 'stowage-suite-'));
  const driver = await filesystem.create({ rootdirectory: root, maxthreads: 25 }, pluginContext());
  return { driver, remove: () => rm(root, { recursive: true, force: true }) };
}
