import type { Lock } from '../../ports/locks.ts';

/**
 * Releases the lock of an upload. If the upload is over, nothing waits for the release; a lock that cannot be released
 * expires.
 */
export async function unlock(lock: Lock, { isOver }: { readonly isOver: boolean }): Promise<void> {
  const unlocked = Promise.resolve(lock[Symbol.asyncDispose]());
  if (isOver) unlocked.catch(() => undefined);
  else await unlocked;
}
