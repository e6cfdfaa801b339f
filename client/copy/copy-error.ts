import type { Digest } from '../../core/digest/digest.ts';

/** Every way in which a copy can fail. The set is closed. */
export type CopyErrorCode =
  /** The signal of the caller ended it. */
  | 'aborted'
  /** The options or the selection ask for something that is not there or not possible. */
  | 'selection'
  /** No tag of the source fulfils the rules, so that nothing was copied. */
  | 'no-images'
  /** The image is not for a platform that is wanted. */
  | 'platform'
  /** The target refuses an index of which only some images are copied; `index: 'rewrite'` gives it another one. */
  | 'sparse'
  /** A blob could not be moved; `digest` names it. */
  | 'blob'
  /** A manifest could not be read, is hostile, or could not be written; `digest` names it, if it is known. */
  | 'manifest';

/** What a {@link CopyError} says in addition to its code. */
export interface CopyErrorOptions {
  readonly digest?: Digest | undefined;
  /** The first error that was observed. */
  readonly cause?: unknown;
  /** Errors of other transfers that failed before they could be ended. */
  readonly others?: readonly unknown[];
}

/** A copy has failed. Nothing runs any more, no manifest of the image was written, and a repeated copy resumes. */
export class CopyError extends Error {
  override readonly name = 'CopyError';
  readonly code: CopyErrorCode;
  readonly digest: Digest | undefined;
  readonly others: readonly unknown[];

  constructor(code: CopyErrorCode, message: string, { digest, cause, others = [] }: CopyErrorOptions = {}) {
    super(
      cause instanceof Error ? `${message}: ${cause.message}` : message,
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.digest = digest;
    this.others = others;
  }

  /** Whether `error` is a CopyError, and has the code. */
  static is(error: unknown, code?: CopyErrorCode): error is CopyError {
    return error instanceof CopyError && (code === undefined || error.code === code);
  }
}
