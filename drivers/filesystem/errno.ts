import { DriverError, type DriverErrorCode } from '../../core/driver/index.ts';

/** What the failed call was about: finding something that is there, or putting something where nothing may be. */
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

/** The code that the operating system gave, for example `ENOENT`; `undefined` for any other error. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The DriverError for an error of the operating system; any other error as it is. */
export function toDriverError(error: unknown, path: string, purpose: Purpose): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  return new DriverError(ALWAYS[errno] ?? BY_PURPOSE[purpose][errno] ?? 'unavailable', { path, cause: error });
}

/** Whether an error may come from something else than expected lying at a place, or nothing. */
export function isOfPlaces(error: unknown): boolean {
  return errnoOf(error) !== undefined || DriverError.is(error, 'conflict') || DriverError.is(error, 'not-found');
}
