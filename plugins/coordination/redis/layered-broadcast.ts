import type { Broadcast } from '../../../core/ports/broadcast.ts';

/** Messages for the workers of this instance and for all other instances. */
export class LayeredBroadcast implements Broadcast {
  readonly #layers: readonly Broadcast[];

  constructor(...layers: readonly Broadcast[]) {
    this.#layers = layers;
  }

  get reach(): Broadcast['reach'] {
    return this.#layers.some(({ reach }) => reach === 'instances') ? 'instances' : 'instance';
  }

  get isConnected(): boolean {
    return this.#layers.every(({ isConnected }) => isConnected);
  }

  async publish(subject: string, text: string): Promise<void> {
    await Promise.all(this.#layers.map((layer) => layer.publish(subject, text)));
  }

  subscribe(subject: string, act: (text: string) => void, missed: () => void): void {
    for (const layer of this.#layers) layer.subscribe(subject, act, missed);
  }
}
