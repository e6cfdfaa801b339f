import { type FileInfo, ForwardingDriver, type StatOptions, type StoragePath } from '../../../core/driver/index.ts';

const TWO_DAYS_MS = 2 * 24 * 60 * 60 * 1000;

/** A storage whose files are all two days old. */
export class OldFiles extends ForwardingDriver {
  override async stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    const info = await super.stat(path, options);
    return info && { ...info, modifiedAt: new Date(Date.now() - TWO_DAYS_MS) };
  }
}
