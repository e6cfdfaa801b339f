import type { Environment } from '../config/index.ts';
import { startRegistry } from '../main.ts';
import { type ConfigurationObject, loadGiven } from './given-configuration.ts';

/** What {@link startTestRegistry} takes. */
export interface TestRegistryOptions {
  /**
   * Sections of a configuration file in place of those of the test registry; keys of `http` are added to its own. See
   * `docs/configuration.md`.
   */
  readonly configuration?: ConfigurationObject;
  /** Variables such as `REGISTRY_HTTP_SECRET` that override the configuration; none unless given. */
  readonly env?: Environment;
}

/** A registry for tests. */
export interface TestRegistry extends AsyncDisposable {
  /** Where it listens, for example `http://127.0.0.1:40123`. */
  readonly url: string;
  /** The host in references of images, for example `127.0.0.1:40123`. */
  readonly host: string;
  /** Stops it at once: requests that still run are cut off. Calling it again does nothing. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a registry in this process, for tests: empty, in memory, on a free port of the loopback address, open to all clients,
 * with deletes allowed, and silent but for errors. It is the registry that `stowage serve` starts. Several may run at once.
 * @throws ConfigurationError with every problem of the configuration
 * @throws Error that says why it failed otherwise; nothing is left open
 */
export async function startTestRegistry({
  configuration = {},
  env = {},
}: TestRegistryOptions = {}): Promise<TestRegistry> {
  const loaded = await loadGiven({
    configuration: {
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { inmemory: {}, delete: { enabled: true } },
      ...configuration,
      http: { addr: '127.0.0.1:0', draintimeout: '0s', ...(configuration['http'] as ConfigurationObject | undefined) },
    },
    name: 'startTestRegistry',
    env,
  });
  const registry = await startRegistry(loaded);
  let stopping: Promise<void> | undefined;
  return {
    url: registry.address,
    host: new URL(registry.address).host,
    [Symbol.asyncDispose]: () => (stopping ??= registry.stop()),
  };
}
