import { randomUUID } from 'node:crypto';
import type { ChangeStore } from '../storage/changes/change-store.ts';

/**
 * How long after the withdrawal of a change a process that has begun its work is taken for gone, in milliseconds. It stops
 * within two seconds, or when its last calls of the driver have returned: this is longer than the longest of them takes.
 */
const GONE_AFTER_MS = 15 * 60 * 1000;

/**
 * Who works on changes. Without Redis, a lock does not reach other instances. So each process leaves its sign beside the
 * announcement when the work has begun, and then looks whether the change is withdrawn before its first step. A process that
 * ends a withdrawn change looks for signs after the withdrawal, so one of the two sees the other.
 */
export class ChangeWorkers {
  readonly #changes: ChangeStore;
  readonly #own = randomUUID().slice(0, 8);
  readonly #busy = new Set<string>();

  constructor(changes: ChangeStore) {
    this.#changes = changes;
  }

  /** Until it is disposed, this process is at work on a change; `undefined` if it is already, as after the loss of a lock. */
  enter(id: string): Disposable | undefined {
    if (this.#busy.has(id)) return undefined;
    this.#busy.add(id);
    return { [Symbol.dispose]: () => void this.#busy.delete(id) };
  }

  /** Leaves the sign of this process, durably. One driver call. */
  async sign(id: string): Promise<void> {
    await this.#changes.sign(id, this.#own);
  }

  /** Whether another process has left its sign. One driver call. */
  async hasOthers(id: string): Promise<boolean> {
    return (await this.#changes.workersOf(id)).some((worker) => worker !== this.#own);
  }

  /**
   * Whether a withdrawn change can end, because no process can have a call under way that removes something. This one must
   * have none. Up to four driver calls.
   */
  async mayEnd(id: string, nowMs: number): Promise<boolean> {
    const change = await this.#changes.read(id);
    if (change === undefined) return true;
    const workers = await this.#changes.workersOf(id);
    const isAlone = workers.every((worker) => worker === this.#own);
    if (isAlone && (!change.isUnderWay || workers.length > 0)) return true;
    const withdrawnAt = await this.#changes.withdrawnAt(id);
    return withdrawnAt !== undefined && nowMs - withdrawnAt.getTime() >= GONE_AFTER_MS;
  }
}
