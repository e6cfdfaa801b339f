import { setImmediate } from 'node:timers/promises';
import { ForwardingDriver } from '../../../core/driver/index.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { type CallSite, DriverWrapper, looksForCollections } from './driver-wrapper.ts';

/**
 * A storage whose calls take one round each: calls that wait at the same time are answered together. The number of
 * rounds is therefore that of the calls made in sequence.
 */
export class RoundDriver extends DriverWrapper {
  /** The calls of each round since the last reset, each as its name and its path. */
  readonly rounds: string[][] = [];
  #round: Promise<void> | undefined;

  constructor(locality: 'local' | 'remote' = 'remote') {
    super(new ForwardingDriver(new MemoryDriver(), { locality }));
  }

  /** How many calls there were, and in how many rounds. */
  get cost(): readonly [calls: number, rounds: number] {
    return [this.rounds.flat().length, this.rounds.length];
  }

  reset(): void {
    this.rounds.length = 0;
  }

  protected override async around<Result>(site: CallSite, action: () => Promise<Result>): Promise<Result> {
    if (looksForCollections(site)) return action();
    const { call, path } = site;
    this.#round ??= this.#begin();
    this.rounds.at(-1)?.push(`${call} ${path}`);
    await this.#round;
    return action();
  }

  async #begin(): Promise<void> {
    this.rounds.push([]);
    // All concurrent calls have arrived by then: the memory driver needs only microtasks.
    await setImmediate();
    this.#round = undefined;
  }
}
