import type { Broadcast } from '../../../core/ports/broadcast.ts';
import type { Channel } from './channel.ts';
import { MESSAGE } from './worker-hub.ts';

/** Sends to all workers; the primary process forwards the message and waits for them. */
export class ClusterBroadcast implements Broadcast {
  readonly reach = 'instance';
  /** Constant, because a worker that loses its connection to the primary process exits. */
  readonly isConnected = true;
  readonly #channel: Channel;
  readonly #listeners = new Map<string, ((text: string) => void)[]>();

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.answer(MESSAGE, (message) => {
      const end = message.indexOf(' ');
      for (const act of this.#listeners.get(message.slice(0, end)) ?? []) act(message.slice(end + 1));
      return '';
    });
  }

  async publish(subject: string, text: string): Promise<void> {
    await this.#channel.ask(MESSAGE, `${subject} ${text}`);
  }

  subscribe(subject: string, act: (text: string) => void): void {
    this.#listeners.set(subject, [...(this.#listeners.get(subject) ?? []), act]);
  }
}
