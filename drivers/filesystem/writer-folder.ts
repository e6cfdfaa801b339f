import type { Dirent } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readdir } from './file-system.ts';
import { isMissing } from './fs-races.ts';

/** `~<uuid>~<initial size>[-<bytes to keep>]~<name of the file>` */
const HELD = /^~[0-9a-f-]{36}~(?<begunAt>\d*)(?:-(?<upTo>\d+))?~(?<name>.+)$/;

/** The name of the file that a writer's folder represents; no storage path contains a `~`. */
export function heldName({
  name,
  isFolder,
}: {
  readonly name: string;
  readonly isFolder: boolean;
}): string | undefined {
  return isFolder ? HELD.exec(name)?.groups?.['name'] : undefined;
}

/**
 * How many of the bytes at this path count: while a writer is being excluded, only those that the next writer keeps.
 */
export function keptBytes(place: string): number {
  return Number(HELD.exec(basename(dirname(place)))?.groups?.['upTo'] ?? Infinity);
}

/**
 * The folder of a writer, next to its file.
 * @param begunAt the initial size of the file; unknown while the writer is still taking it
 * @param upTo how many of them it keeps, while the bytes still belong to the previous writer
 */
export function ownFolder(file: string, id: string, begunAt?: number, upTo = Infinity): string {
  const kept = Number.isFinite(upTo) ? `-${upTo}` : '';
  return join(dirname(file), `~${id}~${begunAt ?? ''}${kept}~${basename(file)}`);
}

/**
 * The path of the bytes in the folder of a writer: a file of the same name, so that the folder can become that of the
 * file.
 */
export function bytesIn(folder: string): string {
  return join(folder, HELD.exec(basename(folder))?.groups?.['name'] ?? '');
}

export function begunAtOf(folder: string): number | undefined {
  const text = HELD.exec(basename(folder))?.groups?.['begunAt'] ?? '';
  return text === '' ? undefined : Number(text);
}

/** The entries of a folder; none when it is missing. */
export async function entriesOf(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((error: unknown): Dirent[] => {
    if (isMissing(error)) return [];
    throw error;
  });
}

/** Whether an entry is the folder of a writer of the file `name`. */
export function isHeld(entry: Dirent, name: string): boolean {
  return heldName({ name: entry.name, isFolder: entry.isDirectory() }) === name;
}

/** Those of `entries` that belong to writers of `file`, which is next to them. */
export function heldFolders(file: string, entries: readonly Dirent[]): string[] {
  const name = basename(file);
  return entries.filter((entry) => isHeld(entry, name)).map((entry) => join(dirname(file), entry.name));
}
