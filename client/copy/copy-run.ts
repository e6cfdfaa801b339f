import type { CopyEvent } from './copy-event.ts';
import type { CopyResult } from './copy-options.ts';

/**
 * A running copy. Its events can be iterated once, starting in the turn of the event loop in which it began. A copy
 * runs without a reader as well, and a slow reader does not slow it down: it sees only the newest progress of each
 * blob. The iteration ends when the copy ends, and throws the error with which it failed.
 */
export interface CopyRun extends AsyncIterable<CopyEvent> {
  /**
   * Settles when every transfer has settled.
   * @throws CopyError
   */
  readonly result: Promise<CopyResult>;
}
