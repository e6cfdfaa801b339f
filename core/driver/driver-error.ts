/**
 * Why a driver call failed. The set is closed, and core decides only by this code.
 *
 * | code | meaning | what the caller can do |
 * | --- | --- | --- |
 * | `not-found` | no file (or, for `list` and `delete`, no folder) at the path | treat as absent |
 * | `invalid-path` | no file can exist there: the path breaks the grammar, a name is too long, there is a file instead of a folder or vice versa, or symbolic links form a loop | a defect of the caller or of the storage; retrying does not help |
 * | `invalid-offset` | a negative or fractional offset, or `end` before `start` | a defect of the caller |
 * | `closed` | the writer was closed, committed or cancelled before | a defect of the caller |
 * | `conflict` | another writer changed the same path in the meantime, or a file exists that a write with `ifAbsent` would replace | read the state again, then retry |
 * | `no-space` | the backend is full or over its quota | free space, then retry |
 * | `denied` | the backend refused the credentials, the permissions do not allow the call, or it is read-only | fix the configuration or the storage; retrying does not help |
 * | `damaged` | the stored content is not what was written, as its authentication shows; none of its bytes may be used | restore the content; retrying does not help |
 * | `not-supported` | the driver does not support the call | ask `capabilities` first |
 * | `aborted` | the caller's signal ended the call | nothing |
 * | `unavailable` | anything else: I/O errors, time-outs, an unreachable backend | retry later |
 */
export type DriverErrorCode =
  | 'not-found'
  | 'invalid-path'
  | 'invalid-offset'
  | 'closed'
  | 'conflict'
  | 'no-space'
  | 'denied'
  | 'damaged'
  | 'not-supported'
  | 'aborted'
  | 'unavailable';

/** What a {@link DriverError} carries in addition to its code. */
export interface DriverErrorDetail {
  /** The storage path of the failed call. */
  readonly path?: string;
  /** The driver's name; the guard fills it in. */
  readonly driver?: string;
  /** The offending offset, with `invalid-offset`. */
  readonly offset?: number;
  /** The error of the backend. */
  readonly cause?: unknown;
}

const BRAND = Symbol.for('stowage.driver-error');

/** The only error with which a driver may fail. */
export class DriverError extends Error {
  /** Always `DriverError`. */
  override readonly name = 'DriverError';
  /** Why the call failed. */
  readonly code: DriverErrorCode;
  /** The storage path of the failed call, if it is known. */
  readonly path: string | undefined;
  /** The name of the driver; the guard fills it in. */
  readonly driver: string | undefined;
  /** The offending offset, with `invalid-offset`. */
  readonly offset: number | undefined;

  /** The guard adds the driver and the path if `detail` lacks them. */
  constructor(code: DriverErrorCode, detail: DriverErrorDetail = {}) {
    super(describe(code, detail), detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.path = detail.path;
    this.driver = detail.driver;
    this.offset = detail.offset;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Whether `error` is a DriverError, including one from another copy of this package. */
  static is(error: unknown, code?: DriverErrorCode): error is DriverError {
    if (!(error instanceof Error && BRAND in error)) return false;
    return code === undefined || ('code' in error && error.code === code);
  }
}

function describe(code: DriverErrorCode, { path, driver, offset, cause }: DriverErrorDetail): string {
  const words = [driver === undefined ? code : `${driver}: ${code}`];
  if (path !== undefined) words.push(JSON.stringify(path));
  if (offset !== undefined) words.push(`at offset ${offset}`);
  if (cause instanceof Error) words.push(`(${cause.message})`);
  return words.join(' ');
}
