import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskDependencies } from './disk.ts';
import { Disks } from './disks.ts';
import { errnoOf } from './errno.ts';
import { RESERVED } from './reserved.ts';

/** How many levels of only children are followed to reach the content: `docker`, `registry`, `v2`. */
const MAX_LEVELS = 3;
/** Entries of an empty file system, which are not content. */
const NO_CONTENT = new Set([RESERVED, 'lost+found']);

/** The disks of a root, and whether anything can be written there. */
export interface OpenedDisks {
  readonly disks: Disks;
  readonly isReadOnly: boolean;
}

/**
 * Creates the root if it is missing, and removes what a crash left. A root that can be read but not written is
 * read-only, with a warning.
 * @throws Error with the reason when the root cannot be read, or when it cannot be written although its content can
 */
export async function openDisks(
  root: string,
  { warn, ...surroundings }: DiskDependencies & { readonly warn: (message: string) => void },
): Promise<OpenedDisks> {
  if ((await stat(root).catch(errnoOf)) === 'ENOENT') await surroundings.folders.make(root);
  await readdir(root);
  const disks = await Disks.of(root, surroundings);
  const content = await contentFolder(root);
  const refusal = await refusalOf(content);
  if (refusal !== undefined) {
    warn(
      `the storage is read-only, because ${content} cannot be written (${refusal}): content can be read, and every ` +
        `change is refused${mend(refusal, content)}`,
    );
    return { disks, isReadOnly: true };
  }
  const { top } = disks.of(content);
  try {
    await disks.of(content).prepare();
  } catch (error) {
    const own = join(top, RESERVED);
    const errno = errnoOf(error);
    if (errno === 'ENOSPC' || errno === 'EDQUOT')
      warn(`${top} is full: content can be read, but nothing can be stored`);
    else if (errno === 'EACCES' || errno === 'EPERM') {
      const isMissing = (await stat(own).catch(errnoOf)) === 'ENOENT';
      throw new Error(
        `the content folder is writable, but not the hidden folder ${own}, which every write uses (${errno})` +
          mend(errno, own, isMissing),
        { cause: error },
      );
    } else throw error;
  }
  return { disks, isReadOnly: false };
}

/** The folder of the content, found by following only children. */
async function contentFolder(root: string): Promise<string> {
  let folder = root;
  for (let level = 0; level < MAX_LEVELS; level++) {
    const [only, ...others] = (await readdir(folder)).filter((name) => !NO_CONTENT.has(name));
    if (only === undefined || others.length > 0) break;
    const below = join(folder, only);
    const found = await stat(below).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
      throw new Error(`${below} is a dangling symbolic link: mount its target, or remove the link`);
    });
    if (!found.isDirectory()) break;
    folder = below;
  }
  return folder;
}

/** Why nothing can be written into a folder; `undefined` when it can. */
async function refusalOf(folder: string): Promise<string | undefined> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    return errno;
  }
}

/** The command for the operator, when the folder belongs to another user. */
function mend(errno: string, folder: string, isMissing = false): string {
  const [user, group] = [process.getuid?.(), process.getgid?.()];
  if (errno === 'EROFS' || user === undefined || group === undefined) return '';
  const quoted = `'${folder.replaceAll("'", String.raw`'\''`)}'`;
  const make = isMissing ? `mkdir ${quoted} && ` : '';
  return `. This process runs as user ${user}; to let it write: ${make}chown -R ${user}:${group} ${quoted}`;
}
