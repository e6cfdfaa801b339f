import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { FileStream } from './file-stream.ts';
import { OpenFile } from './open-file.ts';
import { MIN_READ_BYTES, readBytesFor, releaseReadBuffer, takeReadBuffer } from './read-buffers.ts';
import type { RecentFiles } from './recent-files.ts';
import { StatValidatedCache } from './stat-validated-cache.ts';

/** The largest file whose content is kept, in bytes. */
const MAX_KEPT_FILE_BYTES = 16 * 1024;
const MAX_KEPT_BYTES = 16 * 1024 * 1024;
/** The cost of a kept file in addition to its bytes. */
const BYTES_OF_A_KEPT_FILE = 256;

/** A part of a file to open. */
export interface FileRange {
  readonly file: string;
  /** The storage path, for errors. */
  readonly path: string;
  readonly start: number;
  /** May be past the size, or infinite. */
  readonly end: number;
  /** Whether the reader takes every chunk at once. */
  readonly isBulk: boolean;
}

/**
 * Opens files for streaming. A small file is read and closed before its stream is handed out; for a reader in bulk, so
 * is one of up to 1 MiB.
 */
export class FileOpener {
  readonly #hot: RecentFiles;
  readonly #contents = new StatValidatedCache<Buffer>(MAX_KEPT_BYTES);

  constructor(hot: RecentFiles) {
    this.#hot = hot;
  }

  /** Records that the kernel has the content of `file` in memory. */
  note(file: string): void {
    this.#hot.note(file, true);
  }

  /** The content of a hot file that is in memory. */
  peek(file: string): Buffer | undefined {
    if (!this.#hot.claim(file)) return undefined;
    try {
      return this.#contents.current(file);
    } catch {
      // Fall back to the slow path, which reports the same failure properly.
      return undefined;
    }
  }

  /** A small hot file, as a stream that already has all of its bytes; `undefined` for other files. */
  openHot({ file, start, end }: FileRange): FileStream | undefined {
    if (!this.#hot.claim(file)) return undefined;
    try {
      const content = this.#contents.current(file);
      if (content !== undefined) return new FileStream(content.subarray(start, Math.max(start, end)));
      this.#hot.note(file, false);
      return this.#readNow({ file, start, end });
    } catch {
      // Fall back to the slow path, which reports the same failure properly.
      return undefined;
    }
  }

  #readNow({ file, start, end }: Omit<FileRange, 'path' | 'isBulk'>): FileStream | undefined {
    const descriptor = openSync(file, 'r');
    try {
      const stats = fstatSync(descriptor);
      const buffer = takeReadBuffer(MIN_READ_BYTES);
      const wanted = wantedBytes(start, end);
      const bytesRead = readSync(descriptor, buffer, 0, wanted, start);
      if (bytesRead === wanted && start + bytesRead < end) return undefined;
      this.#hot.note(file, true);
      const bytes = takeBytes(buffer, Math.min(bytesRead, end - start));
      if (start === 0 && bytes.byteLength === stats.size) this.#keep(file, stats, bytes);
      return new FileStream(bytes);
    } finally {
      closeSync(descriptor);
    }
  }

  #keep(file: string, stats: Stats, value: Buffer): void {
    if (!stats.isFile() || stats.size > MAX_KEPT_FILE_BYTES || !this.#contents.isSettled(stats)) return;
    this.#contents.keep(file, { stats, value, bytes: stats.size + BYTES_OF_A_KEPT_FILE });
  }

  async open(range: FileRange, signal: AbortSignal | undefined): Promise<FileStream> {
    const opened = await OpenFile.open(range.file, this.#hot.isLocal);
    try {
      signal?.throwIfAborted();
      return await this.#begin(opened, range);
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  async #begin(opened: OpenFile, { file, start, end, path, isBulk }: FileRange): Promise<FileStream> {
    const readBytes = isBulk ? readBytesFor(Math.min(end, await opened.size()) - start) : MIN_READ_BYTES;
    const buffer = takeReadBuffer(readBytes);
    const wanted = wantedBytes(start, end, readBytes);
    const bytesRead = await opened.read(buffer, wanted, start);
    const first = takeBytes(buffer, Math.min(bytesRead, end - start));
    const position = start + bytesRead;
    // POSIX read(): a regular file returns fewer bytes than requested only at its end.
    const last = bytesRead < wanted || position >= end ? position : Math.min(end, await opened.size());
    if (position < last) return new FileStream(first, { opened, position, end: last, path, isBulk });
    await opened.close();
    this.#hot.note(file, true);
    return new FileStream(first);
  }
}

/** The bytes of a first read; a small number is copied, so that it does not keep the whole buffer alive. */
function takeBytes(buffer: Buffer, bytes: number): Buffer {
  if (bytes > MIN_READ_BYTES / 2) return buffer.subarray(0, bytes);
  const copy = Buffer.from(buffer.subarray(0, bytes));
  releaseReadBuffer(buffer.buffer);
  return copy;
}

/** At least one byte, because a read of 0 bytes would not notice that this is a folder. */
function wantedBytes(start: number, end: number, readBytes = MIN_READ_BYTES): number {
  return Math.max(1, Math.min(readBytes, end - start));
}
