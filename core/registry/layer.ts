import type { ReadOptions, ReadStream, RedirectOptions } from '../driver/index.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { FileReader } from '../storage/file-reader.ts';

/** The read side of a blob that a repository has. */
export interface Layer {
  readonly descriptor: Descriptor;

  /**
   * The bytes from `start` (0-based) up to `end` (exclusive) as an already open stream.
   * @throws RegistryError `BLOB_UNKNOWN` when the content has vanished since the layer was fetched
   */
  open(options?: ReadOptions): Promise<ReadStream>;

  /**
   * Opens a seekable reader, which the caller must close.
   * @throws RegistryError `BLOB_UNKNOWN` when the content has vanished since the layer was fetched
   */
  reader(): Promise<FileReader>;

  /** A URL from which a client can fetch the bytes directly; `undefined` if there is none. */
  redirectUrl(options: RedirectOptions): Promise<URL | undefined>;

  /**
   * Called when the request succeeds without the bytes: it wanted only the headers, or the client already has the
   * content. Such a request is a pull as well. A layer that does not need to know omits this method.
   */
  confirm?(): Promise<void>;
}
