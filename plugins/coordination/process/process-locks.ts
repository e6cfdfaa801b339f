import type { Lock, Locks } from '../../../core/ports/locks.ts';

/** Locks that exclude callers within this process. */
export class ProcessLocks implements Locks {
  readonly #held = new Set<string>();

  async tryAcquire(key: string): Promise<Lock | undefined> {
    if (this.#held.has(key)) return undefined;
    this.#held.add(key);
    let mine = true;
    return {
      [Symbol.asyncDispose]: async () => {
        // A second disposal must not release a lock that another caller has taken since.
        if (mine) this.#held.delete(key);
        mine = false;
      },
    };
  }
}
