import type { Stats } from 'node:fs';
import type { FileInfo, StoragePath } from '../../core/driver/index.ts';

/**
 * What `stat` reports.
 * @param maxBytes the number of bytes of the file that count
 */
export function toFileInfo(path: StoragePath, found: Stats, maxBytes = Infinity): FileInfo {
  const isFolder = found.isDirectory();
  return { path, isFolder, size: isFolder ? 0 : Math.min(found.size, maxBytes), modifiedAt: found.mtime };
}
