import type { LoadedConfiguration } from './config/index.ts';

/** A registry that takes requests. */
export interface RunningRegistry {
  /** Where it listens, for people. */
  readonly address: string;
  /** Stops taking requests, lets the running ones finish within the drain time, and releases everything. */
  stop(): Promise<void>;
}

/**
 * Starts a registry.
 * @throws ConfigurationError for plugins and options that cannot be used, Error for what else prevents the start
 */
export function startRegistry(loaded: LoadedConfiguration): Promise<RunningRegistry> {
  return Promise.reject(
    new Error(`the server is not part of this build (storage ${loaded.configuration.storage.driver.name})`),
  );
}
