import type { Channel } from './channel.ts';

/** Requests a lock; the response is {@link ACQUIRED} or {@link BUSY}. */
export const ACQUIRE = 'lock/acquire';
export const RELEASE = 'lock/release';
export const ACQUIRED = 'acquired';
export const BUSY = 'busy';
/** A message to forward to all other workers: the subject, a space, the text. Answered once each has acted on it. */
export const MESSAGE = 'message';

/** What the primary process does for its workers: keeps their locks and forwards their messages. */
export class WorkerHub {
  readonly #channels = new Set<Channel>();
  readonly #holders = new Map<string, Channel>();

  /** Serves a worker. Call this before the worker reads anything of the registry. */
  join(channel: Channel): void {
    this.#channels.add(channel);
    channel.answer(ACQUIRE, (key) => {
      if (this.#holders.has(key)) return BUSY;
      this.#holders.set(key, channel);
      return ACQUIRED;
    });
    channel.answer(RELEASE, (key) => {
      if (this.#holders.get(key) === channel) this.#holders.delete(key);
      return '';
    });
    channel.answer(MESSAGE, async (message) => {
      const others = [...this.#channels].filter((other) => other !== channel);
      // A worker that ends meanwhile has no memory left to invalidate.
      await Promise.all(others.map((other) => other.ask(MESSAGE, message).catch(() => undefined)));
      return '';
    });
  }

  /** Call this when the worker has ended: its locks are released, and no message waits for it. */
  leave(channel: Channel): void {
    this.#channels.delete(channel);
    for (const [key, holder] of this.#holders) {
      if (holder === channel) this.#holders.delete(key);
    }
    channel.close();
  }
}
