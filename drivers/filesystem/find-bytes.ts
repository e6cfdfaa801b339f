import { basename, dirname } from 'node:path';
import { errnoOf } from './errno.ts';
import { stat } from './file-system.ts';
import { ignore } from './fs-races.ts';
import { quickStat } from './quick-stat.ts';
import { bytesIn, entriesOf, heldFolders, isHeld } from './writer-folder.ts';

/** How many lookups a file gets that is moving from one writer to another. */
const MAX_PLACES = 20;
/** A folder of so few entries is read in one system call, during which no entry comes or goes. */
const MAX_ONE_READ = 64;

/**
 * Runs `action` on a file, or on its bytes elsewhere while a writer has it. A missing file costs one look at its folder
 * more, which finds it missing as a rule or is followed by one into it, and another call of `action` only if a writer may have come or gone meanwhile.
 * @param isLocal whether a folder that is read shows its current state
 * @throws the error of `action`; `ENOENT` when neither the file nor a writer of it is there
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

/** Where the bytes of a file are that was missing: nowhere, with a writer, or perhaps in the file again. */
async function findBytes(file: string, isLocal: boolean): Promise<string | undefined> {
  // In a missing folder there is no writer, and none begins there before it exists.
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
