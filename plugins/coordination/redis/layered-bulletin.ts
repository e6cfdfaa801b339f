import type { Bulletin } from '../../../core/ports/bulletin.ts';

/** News for the workers of this instance and for all other instances. */
export class LayeredBulletin implements Bulletin {
  readonly #layers: readonly Bulletin[];

  constructor(...layers: readonly Bulletin[]) {
    this.#layers = layers;
  }

  get reach(): Bulletin['reach'] {
    return this.#layers.some(({ reach }) => reach === 'instances') ? 'instances' : 'instance';
  }

  get isHeard(): boolean {
    return this.#layers.every(({ isHeard }) => isHeard);
  }

  async publish(subject: string, text: string): Promise<void> {
    await Promise.all(this.#layers.map((layer) => layer.publish(subject, text)));
  }

  subscribe(subject: string, act: (text: string) => void, missed: () => void): void {
    for (const layer of this.#layers) layer.subscribe(subject, act, missed);
  }
}
