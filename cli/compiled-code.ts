import { mkdirSync, statSync } from 'node:fs';
import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Write permission of the group and of others. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Lets Node keep the code that it compiles, which takes a tenth off every later start: in `folder`, or where this user
 * may not write there, in the user's cache folder. Code is never kept where another user could replace it, nor in a
 * folder for temporary files. Without a place nothing is kept. `NODE_COMPILE_CACHE` and `NODE_DISABLE_COMPILE_CACHE` of
 * Node go first.
 */
export function keepCompiledCode(folder: string, env: NodeJS.ProcessEnv): void {
  if (getCompileCacheDir() !== undefined) return;
  const place = [folder, ...ofUser(env)].find(isOwn);
  if (place !== undefined) enableCompileCache(place);
}

function ofUser({ XDG_CACHE_HOME: caches }: NodeJS.ProcessEnv): string[] {
  const home = caches !== undefined && isAbsolute(caches) ? caches : join(homedir(), '.cache');
  // The folder above counts as well: who may write to it can replace the one below.
  return isOwn(home) ? [join(home, 'stowage')] : [];
}

/** Whether this user alone can write to the folder, which is made if it is missing. */
function isOwn(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(folder);
    return uid === process.getuid?.() && (mode & WRITABLE_BY_OTHERS) === 0;
  } catch {
    return false;
  }
}
