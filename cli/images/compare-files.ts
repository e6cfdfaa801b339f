import type { FileTree, ImageFile } from './file-tree.ts';

/** A path that differs between two images. */
export interface ChangedFile {
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Bytes in each image, of files that have some. */
  readonly firstSize?: number;
  readonly secondSize?: number;
  /** What differs of a path that both have. */
  readonly differences?: readonly FileDifference[];
}

/** What differs of a path. */
export interface FileDifference {
  /** `content`: the digest of a file; `target`: where a link leads to; `mode`: octal; `owner`: user and group by number. */
  readonly field: 'kind' | 'content' | 'target' | 'mode' | 'owner';
  readonly first: string;
  readonly second: string;
}

/** The paths that differ between two images, sorted. A time of change is no difference. */
export function compareFiles(first: FileTree, second: FileTree): ChangedFile[] {
  const theirs = new Map(second.files());
  const changed: ChangedFile[] = [];
  for (const [path, before] of first.files()) {
    const after = theirs.get(path);
    theirs.delete(path);
    if (after === undefined) {
      changed.push({ path, change: 'removed', ...sizeField('firstSize', before) });
      continue;
    }
    const differences = differencesOf(before, after);
    if (differences.length === 0) continue;
    const sizes = { ...sizeField('firstSize', before), ...sizeField('secondSize', after) };
    changed.push({ path, change: 'changed', ...sizes, differences });
  }
  for (const [path, after] of theirs) changed.push({ path, change: 'added', ...sizeField('secondSize', after) });
  return changed.sort((one, other) => (one.path < other.path ? -1 : 1));
}

function differencesOf(before: ImageFile, after: ImageFile): FileDifference[] {
  if (before.kind !== after.kind) return differenceOf('kind', before.kind, after.kind);
  return [
    ...differenceOf(before.kind === 'file' ? 'content' : 'target', before.content, after.content),
    ...differenceOf('mode', octal(before.mode), octal(after.mode)),
    ...differenceOf('owner', before.owner, after.owner),
  ];
}

function differenceOf(field: FileDifference['field'], first: string, second: string): FileDifference[] {
  return first === second ? [] : [{ field, first, second }];
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

function sizeField(name: 'firstSize' | 'secondSize', { kind, size }: ImageFile): Partial<ChangedFile> {
  return kind === 'file' ? { [name]: size } : {};
}
