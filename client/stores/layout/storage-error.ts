import { StoreError } from '../store-error.ts';

/** What to do about an error of the file system. */
const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space',
  EDQUOT: 'free some space',
  EFBIG: 'the file system or a limit of the process does not allow larger files',
  EACCES: 'check the owner and the permissions of the folder',
  EPERM: 'check the owner and the permissions of the folder',
  EROFS: 'the file system is mounted read-only',
};

/** The hint for partially written blobs. */
const KEPT = 'the bytes so far are kept, and the same command resumes';
const OF_SPACE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Whether an error of the file system has one of the codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(error.code as string);
}

/**
 * Converts an error of the file system to one of the store; any other error is unchanged.
 * @param options.isKept whether a later call resumes from what was written
 */
export function storageError(error: unknown, path: string, { isKept = false } = {}): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error;
  const code = String(error.code);
  const known = HINTS[code];
  const hint = isKept && OF_SPACE.has(code) ? `${known}; ${KEPT}` : known;
  return new StoreError('storage', `${path}: ${error.message}`, {
    detail: { path, code },
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}
