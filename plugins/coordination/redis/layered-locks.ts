import type { Lock, Locks } from '../../../core/ports/locks.ts';
import { RedisError } from './redis-error.ts';

/**
 * Acquires a lock of this process or its workers first, then the lock that instances share. While Redis fails, only the
 * first layer counts, and the storage arbitrates between instances.
 */
export class LayeredLocks implements Locks {
  readonly #local: Locks;
  readonly #shared: Locks;

  constructor(local: Locks, shared: Locks) {
    this.#local = local;
    this.#shared = shared;
  }

  async tryAcquire(key: string): Promise<Lock | undefined> {
    await using stack = new AsyncDisposableStack();
    const local = await this.#local.tryAcquire(key);
    if (local === undefined) return undefined;
    stack.use(local);
    const shared = await this.#acquireShared(key);
    if (shared === undefined) return undefined;
    // Released first, so that it is never held without the local lock.
    if (shared !== 'local') stack.use(shared);
    const resources = stack.move();
    return {
      ...(shared !== 'local' && { lost: shared.lost }),
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    };
  }

  async #acquireShared(key: string): Promise<Lock | 'local' | undefined> {
    try {
      return await this.#shared.tryAcquire(key);
    } catch (error) {
      if (RedisError.is(error)) return 'local';
      throw error;
    }
  }
}
