import type { Registry } from '../registry/registry.ts';

/** The token to which a plugin of the kind `registry-wrapper` binds its port. */
export const REGISTRY_WRAPPER: unique symbol = Symbol.for('stowage/RegistryWrapper');

/**
 * Wraps the registry of the storage, or another wrapper, for the routes. Wrappers are applied in the order of the
 * configuration: the first of `middleware.registry` is next to the storage, followed by those of
 * `middleware.repository` and those of `plugins`. Events are emitted outside all wrappers, so a request that a wrapper
 * rejects causes no event.
 */
export interface RegistryWrapper {
  /**
   * Returns a registry that keeps the whole contract and forwards what it does not change: it throws RegistryErrors for
   * mistakes of a client, its bytes and digests are those of `inner`, and it passes each call's context on. Its calls
   * may run at the same time, for the same repository too, and in several processes. Called before the first request,
   * once for each entry of the configuration that names the wrapper.
   *
   * The result is never disposed: what must be released belongs to the wrapper, which is disposed when the registry
   * stops, after the last request.
   * @param inner others use it as well; its services must not be changed
   * @throws Error whose message tells the operator what to do; the registry does not start
   */
  wrap(inner: Registry): Registry | Promise<Registry>;
}
