import type { ReadContext } from '../object-store.ts';

/** The files of an OCI image layout, wherever they are stored. Paths are relative, with `/`. */
export interface LayoutFiles extends AsyncDisposable {
  /**
   * A small file; `undefined` when it is absent.
   * @throws StoreError `invalid` when it is not a regular file or has more than `maxBytes`
   */
  read(path: string, maxBytes: number): Promise<Buffer | undefined>;

  /** The size of a regular file in bytes; `undefined` for anything else. */
  size(path: string): Promise<number | undefined>;

  /** The bytes of a file from `start` to its end, as an already open stream; `undefined` when it is absent. */
  open(path: string, start: number, context: ReadContext): Promise<AsyncIterable<Uint8Array> | undefined>;
}
