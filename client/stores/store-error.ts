/** Every way in which a store of images can be wrong or cannot do what is asked. The set is closed. */
export type StoreErrorCode =
  /** Bytes are others than their digest or size says. */
  | 'damaged'
  /** There is no such folder or archive, or no images in it. */
  | 'not-found'
  /** The folder or archive is not what it should be, or names something outside of itself. */
  | 'invalid'
  /** The store has several images, and none was named. */
  | 'ambiguous'
  /** A store of this kind cannot hold or do this. */
  | 'unsupported'
  /** The file system refuses: no space, no permission. */
  | 'storage';

/** What went wrong, as plain JSON. */
export type StoreErrorDetail = Readonly<Record<string, unknown>>;

/** A store of images cannot do what it was asked for. `detail` says where; `hint` says what to do next. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  readonly detail: StoreErrorDetail;
  readonly hint: string | undefined;

  constructor(
    code: StoreErrorCode,
    message: string,
    { detail = {}, hint, cause }: { detail?: StoreErrorDetail; hint?: string; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
    this.hint = hint;
  }

  /** Whether `error` is a StoreError, and has the code. */
  static is(error: unknown, code?: StoreErrorCode): error is StoreError {
    return error instanceof StoreError && (code === undefined || error.code === code);
  }
}
