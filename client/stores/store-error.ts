/** All reasons why a store of images can fail. The set is closed. */
export type StoreErrorCode =
  /** Bytes do not match their digest or size. */
  | 'damaged'
  /** There is no such folder or archive, or no images in it. */
  | 'not-found'
  /** The folder or archive has the wrong content, or names something outside itself. */
  | 'invalid'
  /** The store has several images, but none was named. */
  | 'ambiguous'
  /** This kind of store cannot contain or do this. */
  | 'unsupported'
  /** The file system rejects it: no space, no permission. */
  | 'storage';

/** Details of the problem, as plain JSON. */
export type StoreErrorDetail = Readonly<Record<string, unknown>>;

/** A store of images has failed. `detail` says where; `hint` says what to do next. */
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

  /** Whether `error` is a StoreError, with this code if one is given. */
  static is(error: unknown, code?: StoreErrorCode): error is StoreError {
    return error instanceof StoreError && (code === undefined || error.code === code);
  }
}
