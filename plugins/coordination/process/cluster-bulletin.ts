import type { Bulletin } from '../../../core/ports/bulletin.ts';
import type { Channel } from './channel.ts';
import { NEWS } from './worker-hub.ts';

/** Tells all workers; the primary process passes it on and waits for them. */
export class ClusterBulletin implements Bulletin {
  readonly reach = 'instance';
  /** A worker whose line to the primary process breaks ends. */
  readonly isHeard = true;
  readonly #channel: Channel;
  readonly #listeners = new Map<string, ((text: string) => void)[]>();

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.answer(NEWS, (news) => {
      const end = news.indexOf(' ');
      for (const act of this.#listeners.get(news.slice(0, end)) ?? []) act(news.slice(end + 1));
      return '';
    });
  }

  async publish(subject: string, text: string): Promise<void> {
    await this.#channel.ask(NEWS, `${subject} ${text}`);
  }

  subscribe(subject: string, act: (text: string) => void): void {
    this.#listeners.set(subject, [...(this.#listeners.get(subject) ?? []), act]);
  }
}
