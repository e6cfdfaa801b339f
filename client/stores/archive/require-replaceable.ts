import { type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { StoreError } from '../store-error.ts';
import { ArchiveFiles } from './archive-files.ts';

/** The files that identify an OCI image layout and an archive of Docker. */
const CONTENTS = ['oci-layout', 'manifest.json'];

/**
 * Checks that an archive would replace only an archive of images or an empty file; anything else is a mistake.
 * @throws StoreError `invalid`
 */
export async function requireReplaceable(path: string): Promise<void> {
  const found: Stats | undefined = await stat(path).catch(() => undefined);
  if (found === undefined) return;
  if (found.isDirectory()) {
    throw new StoreError('invalid', `${path} is a folder`, { hint: 'write the path of a file in it' });
  }
  if (!found.isFile()) {
    throw new StoreError('invalid', `${path} is not a file`, {
      hint: 'an archive would replace it; write another path',
    });
  }
  if (found.size === 0 || (await isArchiveOfImages(path))) return;
  throw new StoreError('invalid', `${path} exists and is not an archive of images`, {
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
