import { setTimeout as delay } from 'node:timers/promises';
import type { Contender } from '../contenders/contender.ts';
import type { Content } from '../content.ts';
import { residentBytes } from '../process-usage.ts';
import { riseOf, SLOW_DOWNLOADS } from './peaks.ts';

/** How long a registry rests before its memory is read. */
const REST_MS = 2000;

/** The fixed costs of a registry; each is absent if it was not measured. */
export interface Resources {
  /** From the start of the process to its first answer; the median. */
  readonly startSeconds?: number;
  /** Resident memory before the first request, of all processes; see {@link residentBytes}. */
  readonly idleBytes?: number;
  /** The same after all items. */
  readonly afterBytes?: number;
  /** How far it rises above idle while many slow clients download. */
  readonly slowBytes?: number;
}

export type AllResources = ReadonlyMap<Contender, Resources>;

/** Measures the resources of the registries of this machine, step by step, around the items. */
export class ResourceMeter {
  readonly #found: Map<Contender, Resources>;
  readonly #isChosen: (id: string) => boolean;

  /** @param isChosen which of `start`, `memory` and `slow-downloads` are measured */
  constructor(contenders: readonly Contender[], isChosen: (id: string) => boolean) {
    this.#isChosen = isChosen;
    const local = contenders.filter((each) => each.pid !== undefined && each.takesPart('memory'));
    this.#found = new Map(local.map((contender) => [contender, {}]));
  }

  get found(): AllResources {
    return this.#found;
  }

  /** Call this before any request to the registries. */
  async beforeFilling(): Promise<void> {
    if (this.#isChosen('memory')) await this.#note(async ({ pid = 0 }) => ({ idleBytes: await residentBytes(pid) }));
  }

  async beforeItems({ scale }: Content): Promise<void> {
    const samples = new Map<Contender, number[]>(Array.from(this.#found.keys(), (contender) => [contender, []]));
    // The compile cache and the page cache may be cold the first time.
    for (let start = 0; this.#isChosen('start') && start < scale.starts; start += 1) {
      for (const [{ timeStart }, seconds] of samples) seconds.push((await timeStart?.()) ?? Number.NaN);
    }
    for (const [contender, seconds] of samples) {
      const startSeconds = seconds.toSorted((a, b) => a - b)[Math.floor(seconds.length / 2)];
      if (startSeconds !== undefined) this.#add(contender, { startSeconds });
    }
  }

  async afterItems(content: Content): Promise<void> {
    if (this.#isChosen('memory')) await this.#note(async ({ pid = 0 }) => ({ afterBytes: await residentBytes(pid) }));
    if (!this.#isChosen('slow-downloads')) return;
    await this.#note(async (contender) => ({ slowBytes: await riseOf(contender, SLOW_DOWNLOADS, content) }));
  }

  async #note(read: (contender: Contender) => Promise<Resources>): Promise<void> {
    await delay(REST_MS);
    for (const contender of this.#found.keys()) this.#add(contender, await read(contender));
  }

  #add(contender: Contender, resources: Resources): void {
    this.#found.set(contender, { ...this.#found.get(contender), ...resources });
  }
}
