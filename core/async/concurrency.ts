/**
 * Runs `action` for every item, at most `limit` at a time, and resolves with the results in the order of the items.
 * After the first failure no new action starts; the running ones are awaited before the error is thrown.
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  action: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array<Result>(items.length);
  const failures: unknown[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (failures.length === 0 && next < items.length) {
      const index = next++;
      try {
        results[index] = await action(items[index] as Item, index);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  if (failures.length > 0) throw failures[0];
  return results;
}

/**
 * Runs actions with the same key one after the other, in the order of the calls; actions with other keys run
 * concurrently.
 */
export class KeyedMutex {
  /** Starts each waiting action, in order; a key is present while one of its actions runs. */
  readonly #waiting = new Map<string, Set<() => void>>();

  /**
   * Runs `action` in its turn and resolves with its result; the failure of an earlier action has no effect.
   * @param signal ends the wait: the call rejects with its reason at once, and `action` never runs. It has no effect
   * once `action` runs
   */
  async run<Result>(key: string, action: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    await this.#enter(key, signal);
    try {
      return await action();
    } finally {
      this.#leave(key);
    }
  }

  async #enter(key: string, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) {
      this.#waiting.set(key, new Set());
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = (): void => {
      waiting.delete(resolve);
      reject(signal?.reason as Error);
    };
    waiting.add(resolve);
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  #leave(key: string): void {
    const waiting = this.#waiting.get(key);
    const [letIn] = waiting ?? [];
    if (letIn === undefined) {
      this.#waiting.delete(key);
      return;
    }
    waiting?.delete(letIn);
    letIn();
  }
}
