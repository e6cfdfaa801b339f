/** Options for running transfers. */
export interface WindowOptions {
  /** The number of concurrent transfers, at least 1. */
  readonly window: number;
  readonly signal?: AbortSignal | undefined;
}

/** Thrown when transfers have failed. */
export class TransfersError<Item> extends Error {
  override readonly name = 'TransfersError';
  /** The item whose failure was observed first; the cause is its error. */
  readonly item: Item;
  readonly others: readonly unknown[];

  constructor(item: Item, cause: unknown, others: readonly unknown[]) {
    super('a transfer has failed', { cause });
    this.item = item;
    this.others = others;
  }
}

/**
 * Transfers all items: item `i` starts only after item `i - window` has succeeded, so another item that ends first
 * frees no slot. The first failure aborts all others. The call returns when every started transfer has settled.
 * @throws TransfersError when one has failed; errors that only repeat the reason of the abort are not among `others`
 * @throws the reason of `signal` when it aborted the transfers
 */
export async function inWindow<Item>(
  items: readonly Item[],
  { window, signal }: WindowOptions,
  transfer: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  const failure = new AbortController();
  const ends = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal]);
  const failures: Array<{ readonly item: Item; readonly error: unknown }> = [];
  const start = async (item: Item): Promise<boolean> => {
    try {
      await transfer(item, ends);
      return true;
    } catch (error) {
      failures.push({ item, error });
      failure.abort(error);
      return false;
    }
  };
  const started: Array<Promise<boolean>> = [];
  for (const [index, item] of items.entries()) {
    const hasRoom = index < window || (await started[index - window]) === true;
    if (!hasRoom || ends.aborted) break;
    started.push(start(item));
  }
  await Promise.all(started);
  signal?.throwIfAborted();
  const [first, ...rest] = failures;
  if (first === undefined) return;
  const others = rest.map(({ error }) => error).filter((error) => !isOf(error, first.error));
  throw new TransfersError(first.item, first.error, others);
}

/** Whether an error only reports that the transfer was aborted. */
function isOf(error: unknown, reason: unknown): boolean {
  if (error === reason) return true;
  if (!(error instanceof Error)) return false;
  return error.name === 'AbortError' || error.cause === reason;
}
