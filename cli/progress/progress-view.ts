import type { CopyEvent } from '../../client/copy/copy-event.ts';

/** Shows people or programs how a copy is doing, on standard error. */
export interface ProgressView {
  /** How often {@link tick} is to be called, in milliseconds; absent: never. */
  readonly everyMs?: number;
  /** Takes an event into account. */
  apply(event: CopyEvent): void;
  /** Shows what has changed since. */
  tick(): void;
  /** Leaves standard error to others. */
  end(): void;
}
