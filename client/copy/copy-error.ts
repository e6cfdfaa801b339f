import type { Digest } from '../../core/digest/digest.ts';

/** All reasons why a copy can fail. The set is closed. */
export type CopyErrorCode =
  /** The signal of the caller aborted it. */
  | 'aborted'
  /** The options or the selection require something that does not exist or is impossible. */
  | 'selection'
  /** No tag of the source matches the rules, so nothing was copied. */
  | 'no-images'
  /** The image is not for a requested platform. */
  | 'platform'
  /** The target rejects an index of which only some images are copied; `index: 'rewrite'` avoids that. */
  | 'sparse'
  /** A blob could not be moved; `digest` names it. */
  | 'blob'
  /** A manifest could not be read, is hostile, or could not be written; `digest` names it, if it is known. */
  | 'manifest';

/** The data of a {@link CopyError} in addition to its code. */
export interface CopyErrorOptions {
  readonly digest?: Digest | undefined;
  /** The first error that was observed. */
  readonly cause?: unknown;
  /** Errors of other transfers that failed before they could be aborted. */
  readonly others?: readonly unknown[];
}

/**
 * Thrown when a copy fails. All transfers have ended, no manifest of the image was written, and a repeated copy
 * resumes.
 */
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

  /** Whether `error` is a CopyError, with this code if one is given. */
  static is(error: unknown, code?: CopyErrorCode): error is CopyError {
    return error instanceof CopyError && (code === undefined || error.code === code);
  }
}
