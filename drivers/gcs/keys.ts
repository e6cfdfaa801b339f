import { ROOT_PATH, type StoragePath } from '../../core/driver/index.ts';

/** Where storage paths lie in a bucket: the very keys of distribution's gcs driver. There are no keys for folders. */
export class KeyMapper {
  /** Empty, or with a `/` at its end. */
  readonly prefix: string;

  constructor(rootDirectory: string) {
    const trimmed = rootDirectory.replace(/^\/+|(?<!\/)\/+$/g, '');
    this.prefix = trimmed === '' ? '' : `${trimmed}/`;
  }

  /** The key of the file at `path`. */
  key(path: StoragePath): string {
    return this.prefix + path.slice(1);
  }

  /** What the keys of everything below `path` begin with. */
  folder(path: StoragePath): string {
    return path === ROOT_PATH ? this.prefix : `${this.key(path)}/`;
  }
}
