import { type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { StoreError } from '../store-error.ts';
import { ArchiveFiles } from './archive-files.ts';

/** Of an OCI image layout, and of what Docker saves. */
const CONTENTS = ['oci-layout', 'manifest.json'];

/**
 * An archive replaces an archive of images, or an empty file; anything else under its name was not meant.
 * @throws StoreError `invalid`
 */
export async function requireReplaceable(path: string): Promise<void> {
  const found: Stats | undefined = await stat(path).catch(() => undefined);
  if (found === undefined) return;
  if (found.isDirectory()) {
    throw new StoreError('invalid', `${path} is a folder`, { hint: 'write the path of a file in it' });
  }
  if (!found.isFile()) {
    throw new StoreError('invalid', `${path} is no file`, {
      hint: 'an archive replaces what is there; write another path',
    });
  }
  if (found.size === 0 || (await isArchiveOfImages(path))) return;
  throw new StoreError('invalid', `${path} is there and is no archive of images`, {
    hint: 'an archive would replace it; write another path, or remove the file',
  });
}

async function isArchiveOfImages(path: string): Promise<boolean> {
  try {
    await using files = await ArchiveFiles.open(path);
    for (const name of CONTENTS) if ((await files.size(name)) !== undefined) return true;
    return false;
  } catch (error) {
    if (StoreError.is(error) && error.code !== 'storage') return false;
    throw error;
  }
}
