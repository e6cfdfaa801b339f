import { randomUUID } from 'node:crypto';
import type { ChangeStore } from '../storage/changes/change-store.ts';

/**
 * How long after the withdrawal of a change a process that has begun its work is taken for gone, in milliseconds. It stops
 * within two seconds, or when its last calls of the driver have returned: this is longer than the longest of them takes. One
 * that was suspended meanwhile looks again before it removes anything, see {@link WorkSteps.changes}.
 */
const GONE_AFTER_MS = 15 * 60 * 1000;

/**
 * Who works on changes. Without Redis, a lock does not reach other instances. So each process leaves its sign beside the
 * announcement before the work begins, and then looks whether the change is withdrawn before its first step. A process that
 * withdraws a change, or ends a withdrawn one, looks for signs after the withdrawal, so one of the two sees the other.
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

  /** Whether a process has left its sign and may not have looked since. One driver call. */
  async mayBegin(id: string): Promise<boolean> {
    return (await this.#changes.workersOf(id)).some((worker) => worker !== this.#own || this.#busy.has(id));
  }

  /**
   * Whether a withdrawn change can end, because no process can have a call under way that removes something. This one must
   * have none. Up to six driver calls.
   */
  async mayEnd(id: string): Promise<boolean> {
    const change = await this.#changes.read(id);
    if (change === undefined) return true;
    const workers = await this.#changes.workersOf(id);
    const isAlone = workers.every((worker) => worker === this.#own);
    if (isAlone && (!change.isUnderWay || workers.length > 0)) return true;
    const withdrawnAt = await this.#changes.withdrawnAt(id);
    if (withdrawnAt === undefined) return false;
    // Both by the clock of the storage: that of this machine may be wrong.
    const now = await this.#changes.now(id, this.#own);
    return now.getTime() - withdrawnAt.getTime() >= GONE_AFTER_MS;
  }
}
