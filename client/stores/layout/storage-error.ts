import { StoreError } from '../store-error.ts';

/** What to do about an error of the file system. */
const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space; what is there already is kept, and the same command resumes',
  EDQUOT: 'free some space; what is there already is kept, and the same command resumes',
  EFBIG: 'the file system or a limit of the process allows no larger files; what is there already is kept',
  EACCES: 'check who owns the folder and may write to it',
  EPERM: 'check who owns the folder and may write to it',
  EROFS: 'the file system is mounted read-only',
};

/** Whether an error of the file system has one of the codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(error.code as string);
}

/** An error of the file system as one of the store; any other error as it is. */
export function storageError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error;
  const code = String(error.code);
  const hint = HINTS[code];
  return new StoreError('storage', `${path}: ${error.message}`, {
    detail: { path, code },
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}
