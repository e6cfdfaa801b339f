import { ROOT_PATH, type StoragePath } from '../../core/driver/index.ts';

/** Maps storage paths to the same keys as distribution's gcs driver. Folders have no keys. */
export class KeyMapper {
  /** Empty, or ends with a `/`. */
  readonly prefix: string;

  constructor(rootDirectory: string) {
    const trimmed = rootDirectory.replace(/^\/+|(?<!\/)\/+$/g, '');
    this.prefix = trimmed === '' ? '' : `${trimmed}/`;
  }

  /** The key of the file at `path`. */
  key(path: StoragePath): string {
    return this.prefix + path.slice(1);
  }

  /** The prefix of all keys below `path`. */
  folder(path: StoragePath): string {
    return path === ROOT_PATH ? this.prefix : `${this.key(path)}/`;
  }
}
