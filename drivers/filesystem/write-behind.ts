import type { FileHandle } from 'node:fs/promises';

/** The members of a file handle that appending needs. */
type AppendHandle = Pick<FileHandle, 'writev' | 'truncate'>;

/** A write begins once this many bytes are collected and the previous write is done. */
const MIN_WRITE_BYTES = 256 * 1024;
/** Once this many bytes are collected, the body waits for the previous write. */
const MAX_WRITE_BYTES = 512 * 1024;
/** The most buffers that one writev accepts on Linux (IOV_MAX). */
const MAX_CHUNKS = 1024;

/**
 * Appends the chunks of a body to a file. Chunks are collected while the previous write is in flight, so that the disk
 * and the network work at the same time; at most about 1 MiB is pending.
 */
export class WriteBehind {
  readonly #handle: AppendHandle;
  #size: number;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #inFlight: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** @param size the length of the file, where the first byte goes */
  constructor(handle: AppendHandle, size: number) {
    this.#handle = handle;
    this.#size = size;
  }

  /** The length of the file as far as its bytes are written. */
  get size(): number {
    return this.#size;
  }

  /** @throws the error of an earlier write */
  async add(chunk: Uint8Array): Promise<void> {
    if (chunk.byteLength === 0) return;
    this.#gathered.push(chunk);
    this.#gatheredBytes += chunk.byteLength;
    const isFull = this.#gatheredBytes >= MAX_WRITE_BYTES || this.#gathered.length >= MAX_CHUNKS;
    if (isFull) await this.#inFlight;
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#inFlight === undefined && (isFull || this.#gatheredBytes >= MIN_WRITE_BYTES)) this.#begin();
  }

  /** Writes the collected bytes. On failure, truncates the file to `size`. */
  async flush(): Promise<void> {
    await this.#inFlight;
    if (this.#failure === undefined && this.#gathered.length > 0) {
      this.#begin();
      await this.#inFlight;
    }
    if (this.#failure === undefined) return;
    // The failed write may have left bytes that are not counted; its error matters more than one of this truncation.
    await this.#handle.truncate(this.#size).catch(() => undefined);
    throw this.#failure.error;
  }

  #begin(): void {
    const chunks = this.#gathered;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#inFlight = this.#write(chunks).then(
      () => {
        this.#inFlight = undefined;
      },
      (error: unknown) => {
        this.#inFlight = undefined;
        this.#failure = { error };
      },
    );
  }

  async #write(chunks: readonly Uint8Array[]): Promise<void> {
    let rest = chunks;
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.writev(rest, this.#size);
      if (bytesWritten === 0) throw new Error('the file accepts no more bytes');
      this.#size += bytesWritten;
      rest = behind(rest, bytesWritten);
    }
  }
}

/** The rest of `chunks` after their first `bytes`. */
function behind(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  let skip = bytes;
  for (const chunk of chunks) {
    if (skip < chunk.byteLength) rest.push(chunk.subarray(skip));
    skip = Math.max(0, skip - chunk.byteLength);
  }
  return rest;
}
