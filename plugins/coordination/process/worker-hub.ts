import type { Channel } from './channel.ts';

/** Asks for a lock; the answer is {@link HELD} or {@link BUSY}. */
export const HOLD = 'lock/hold';
export const RELEASE = 'lock/release';
export const HELD = 'held';
export const BUSY = 'busy';
/** To be passed on to all other workers: the subject, a space, the text. Answered when each has acted on it. */
export const MESSAGE = 'message';

/** What the primary process does for its workers: keeps their locks and passes their messages on. */
export class WorkerHub {
  readonly #channels = new Set<Channel>();
  readonly #holders = new Map<string, Channel>();

  /** Serves a worker from before it reads anything of the registry. */
  join(channel: Channel): void {
    this.#channels.add(channel);
    channel.answer(HOLD, (key) => {
      if (this.#holders.has(key)) return BUSY;
      this.#holders.set(key, channel);
      return HELD;
    });
    channel.answer(RELEASE, (key) => {
      if (this.#holders.get(key) === channel) this.#holders.delete(key);
      return '';
    });
    channel.answer(MESSAGE, async (message) => {
      const others = [...this.#channels].filter((other) => other !== channel);
      // One that ends in between has forgotten everything.
      await Promise.all(others.map((other) => other.ask(MESSAGE, message).catch(() => undefined)));
      return '';
    });
  }

  /** The worker has ended: it holds nothing any more, and nobody waits for it. */
  leave(channel: Channel): void {
    this.#channels.delete(channel);
    for (const [key, holder] of this.#holders) {
      if (holder === channel) this.#holders.delete(key);
    }
    channel.close();
  }
}
