import { DriverError, type DriverErrorCode } from '../../core/driver/index.ts';

/** What the failed call tried: to find an existing file, or to create one. */
export type Purpose = 'find' | 'place';

const ALWAYS: Readonly<Record<string, DriverErrorCode>> = {
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  EFBIG: 'denied',
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EMLINK: 'no-space',
  ENAMETOOLONG: 'invalid-path',
  ELOOP: 'invalid-path',
  EXDEV: 'invalid-path',
};

const BY_PURPOSE: Readonly<Record<Purpose, Readonly<Record<string, DriverErrorCode>>>> = {
  find: { ENOENT: 'not-found', ENOTDIR: 'not-found', EISDIR: 'not-found' },
  place: { ENOTDIR: 'invalid-path', EISDIR: 'invalid-path', EEXIST: 'invalid-path', ENOTEMPTY: 'invalid-path' },
};

/** The code from the operating system, for example `ENOENT`; `undefined` for any other error. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The DriverError for an error of the operating system; any other error unchanged. */
export function toDriverError(error: unknown, path: string, purpose: Purpose): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  return new DriverError(ALWAYS[errno] ?? BY_PURPOSE[purpose][errno] ?? 'unavailable', { path, cause: error });
}

/** Whether the cause of an error may be that a path has another type than expected, or does not exist. */
export function concernsPath(error: unknown): boolean {
  return errnoOf(error) !== undefined || DriverError.is(error, 'conflict') || DriverError.is(error, 'not-found');
}
