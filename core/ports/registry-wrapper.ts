import type { Registry } from '../registry/registry.ts';

/** What a plugin of the kind `registry-wrapper` binds. */
export const REGISTRY_WRAPPER: unique symbol = Symbol.for('stowage/RegistryWrapper');

/**
 * Stands between the routes and the registry of the storage, or another wrapper. Wrappers are put around the registry
 * in the order of the configuration: the first of `middleware.registry` is next to the storage, then come those of
 * `middleware.repository` and those of `plugins`. Events are emitted outside all of them, so a request that a wrapper
 * refuses causes no event.
 */
export interface RegistryWrapper {
  /**
   * A registry that keeps the whole contract and passes on what it does not change: what it throws are RegistryErrors
   * where a client is to blame, its bytes and digests are those of `inner`, and it hands each call's context down. Its
   * calls may run at the same time, also for the same repository, and in several processes. Called before the first
   * request, once for each entry of the configuration that names the wrapper.
   *
   * Nothing disposes the result: what has to end belongs to the wrapper, which is disposed when the registry stops,
   * after the last request.
   * @param inner remains usable by others; its services must not be changed
   * @throws Error whose message tells the operator what to do; the registry does not start
   */
  wrap(inner: Registry): Registry | Promise<Registry>;
}
