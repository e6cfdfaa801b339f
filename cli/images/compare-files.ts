import type { LayerFile } from './layer-files.ts';

/** A path that differs between two images. */
export interface ChangedFile {
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Bytes in each image, of files that have some. */
  readonly firstSize?: number;
  readonly secondSize?: number;
}

/**
 * What differs between the layers that two images do not share, by path. A path that only one of them has is added, or
 * replaces one of the shared layers; that is not told apart.
 */
export function compareFiles(
  first: ReadonlyMap<string, LayerFile>,
  second: ReadonlyMap<string, LayerFile>,
): ChangedFile[] {
  const paths = [...new Set([...first.keys(), ...second.keys()])].sort();
  return paths.flatMap((path) => {
    const [before, after] = [first.get(path), second.get(path)];
    const change = changeOf(before, after);
    if (change === undefined) return [];
    return [{ path, change, ...sizeField('firstSize', before), ...sizeField('secondSize', after) }];
  });
}

function changeOf(before: LayerFile | undefined, after: LayerFile | undefined): ChangedFile['change'] | undefined {
  if (before === undefined) return after?.kind === 'removed' ? 'removed' : 'added';
  if (after === undefined) return before.kind === 'removed' ? 'added' : 'removed';
  if (before.kind === 'removed' || after.kind === 'removed') {
    if (before.kind === after.kind) return undefined;
    return after.kind === 'removed' ? 'removed' : 'added';
  }
  const isSame = before.kind === after.kind && before.content === after.content && before.mode === after.mode;
  return isSame ? undefined : 'changed';
}

function sizeField(name: 'firstSize' | 'secondSize', file: LayerFile | undefined): Partial<ChangedFile> {
  return file === undefined || file.kind !== 'file' ? {} : { [name]: file.size };
}
