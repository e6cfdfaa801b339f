import { basename, dirname } from 'node:path';
import { errnoOf } from './errno.ts';
import { stat } from './file-system.ts';
import { ignore } from './fs-races.ts';
import { quickStat } from './quick-stat.ts';
import { bytesIn, entriesOf, heldFolders, isHeld } from './writer-folder.ts';

/** The most lookups of a file that is moving from one writer to another. */
const MAX_PLACES = 20;
/** A folder with at most this many entries is read in one system call, during which no entry is added or removed. */
const MAX_ONE_READ = 64;

/**
 * Runs `action` on a file, or on its bytes elsewhere while a writer has it. A missing file usually costs one more
 * lookup of its folder, which shows that the folder is missing too or is followed by a search in it. `action` runs
 * again only if a writer may have started or ended meanwhile.
 * @param isLocal whether reading a folder shows its current state
 * @throws the error of `action`; `ENOENT` when neither the file nor a writer of it exists
 */
export async function onBytesOf<Result>(
  file: string,
  isLocal: boolean,
  action: (place: string) => Promise<Result>,
): Promise<Result> {
  let place = file;
  for (let attempt = 1; ; attempt++) {
    try {
      return await action(place);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || attempt === MAX_PLACES) throw error;
      if (place !== file) {
        // Its writer may have put it back.
        place = file;
        continue;
      }
      const found = await findBytes(file, isLocal);
      if (found === undefined) throw error;
      if (found === file) return action(file);
      place = found;
    }
  }
}

/** Finds the bytes of a missing file: nowhere, with a writer, or possibly in the file again. */
async function findBytes(file: string, isLocal: boolean): Promise<string | undefined> {
  // A missing folder has no writer, and none can begin there before it exists.
  if ((await quickStat(dirname(file), isLocal)) === undefined) return undefined;
  const entries = await entriesOf(dirname(file));
  for (const folder of heldFolders(file, entries)) {
    const bytes = bytesIn(folder);
    if ((await stat(bytes).catch(ignore)) !== undefined) return bytes;
  }
  const name = basename(file);
  const isOneRead = entries.length === 0 || (entries.length <= MAX_ONE_READ && isLocal);
  const isClear = entries.every((entry) => entry.name !== name && !isHeld(entry, name));
  return isOneRead && isClear ? undefined : file;
}
