import {
  type FileInfo,
  ForwardingDriver,
  type StatOptions,
  type StoragePath,
  type WriteOptions,
} from '../../../core/driver/index.ts';

const LINK = /\/_manifests\/tags\/([^/]+)\/current\/link$/;

/** A storage in which tests choose when tags were pushed; a push through it is one of now. */
export class TagTimes extends ForwardingDriver {
  readonly #times = new Map<string, Date>();

  /** Makes a tag one that was pushed so long ago, in every repository. */
  age(tag: string, ms: number): void {
    this.#times.set(tag, new Date(Date.now() - ms));
  }

  override async stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    const info = await super.stat(path, options);
    const modifiedAt = this.#times.get(LINK.exec(path)?.[1] ?? '');
    return info && modifiedAt ? { ...info, modifiedAt } : info;
  }

  override async write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    await super.write(path, content, options);
    this.#times.delete(LINK.exec(path)?.[1] ?? '');
  }
}
