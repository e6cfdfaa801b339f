import type { Lock, Locks } from '../../../core/ports/locks.ts';
import type { Channel } from './channel.ts';
import { ACQUIRE, ACQUIRED, RELEASE } from './worker-hub.ts';

/** Locks that exclude callers across all workers; the primary process keeps them. */
export class ClusterLocks implements Locks {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  async tryAcquire(key: string): Promise<Lock | undefined> {
    if ((await this.#channel.ask(ACQUIRE, key)) !== ACQUIRED) return undefined;
    let mine = true;
    return {
      [Symbol.asyncDispose]: async () => {
        if (!mine) return;
        mine = false;
        // Awaited, because the client's next request may reach a worker whose request for the lock overtakes this
        // release.
        await this.#channel.ask(RELEASE, key);
      },
    };
  }
}
