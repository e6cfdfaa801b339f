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
   * A seekable reader; it belongs to the caller, who closes it.
   * @throws RegistryError `BLOB_UNKNOWN` when the content has vanished since the layer was fetched
   */
  reader(): Promise<FileReader>;

  /** Where a client can fetch the bytes itself; `undefined` where there is no such URL. */
  redirectUrl(options: RedirectOptions): Promise<URL | undefined>;

  /**
   * Called when the request succeeds without the bytes: it wanted only the headers, or the client has the content already.
   * Such a request is a pull as well. A layer that does not have to know leaves it out.
   */
  confirm?(): Promise<void>;
}
