import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TypedContainer } from '@inversifyjs/strongly-typed';
import { type Bindings, DRIVER_WRAPPER } from '../../../core/di.ts';
import type { PluginContext, StorageDriver } from '../../../core/driver/index.ts';
import { guardDriver } from '../../../core/driver/index.ts';
import filesystem from '../../../drivers/filesystem/index.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { loadPlugin } from '../../../plugins/load-plugin.ts';
import { pluginContext } from '../../helpers/driver-options.ts';

/** A wrapper with its options, as the YAML has them. */
export interface Wrapping {
  readonly name: string;
  readonly options?: unknown;
  readonly context?: PluginContext;
}

/** The bindings of a wrapper, loaded as the registry loads them. */
export async function loadWrapper({ name, options, context = pluginContext() }: Wrapping) {
  const container = new TypedContainer<Bindings>();
  const place = { at: 'middleware.storage[0].options', ...context };
  container.load(await loadPlugin({ kind: 'driver-wrapper', name, options, ...place }));
  return container;
}

/** `driver` behind its guard, in the wrapper, behind another guard. */
export async function wrap(driver: StorageDriver, wrapping: Wrapping): Promise<StorageDriver> {
  const container = await loadWrapper(wrapping);
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
