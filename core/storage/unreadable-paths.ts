import { inject, injectable, LOGGER } from '../di.ts';
import { DriverError, type StoragePath } from '../driver/index.ts';
import type { Logger } from '../ports/logger.ts';

/** The log names at most this many paths; a storage with more has a larger problem. */
const MAX_LOGGED = 1000;

/**
 * Whether a failure concerns only one path, however often one tries: its files belong to another user, are damaged, or
 * are none.
 */
export function concernsOnePath(error: unknown): error is DriverError {
  return DriverError.is(error, 'denied') || DriverError.is(error, 'invalid-path') || DriverError.is(error, 'damaged');
}

/** Lets a list skip paths that cannot be read. The log names each of them once per process. */
@injectable()
export class UnreadablePaths {
  readonly #log: Logger;
  readonly #logged = new Set<StoragePath>();

  constructor(@inject(LOGGER) log: Logger) {
    this.#log = log;
  }

  /**
   * Resolves with what `read` returns, or with `otherwise` when only this path is damaged.
   * @throws every error that concerns the whole storage or that a retry may resolve
   */
  async pass<Result>(path: StoragePath, read: () => Promise<Result>, otherwise: Result): Promise<Result> {
    try {
      return await read();
    } catch (error) {
      this.note(path, error);
      return otherwise;
    }
  }

  /** @throws the error, unless it concerns only this path */
  note(path: StoragePath, error: unknown): void {
    if (!concernsOnePath(error)) throw error;
    if (this.#logged.has(path) || this.#logged.size >= MAX_LOGGED) return;
    this.#logged.add(path);
    this.#log.warn({ err: error, path }, 'a path in the storage cannot be read and is omitted from lists');
  }
}
