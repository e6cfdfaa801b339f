import { closeSync, fstat, fstatSync, close as nodeClose, open as nodeOpen, read } from 'node:fs';
import { promisify } from 'node:util';

const openDescriptor = promisify(nodeOpen);
const closeDescriptor = promisify(nodeClose);
const readBytes = promisify(read);
const statDescriptor = promisify(fstat);

/**
 * A file that is open for reading. It must be closed after its last read; closing it again does nothing, also after a failure, because the
 * system may have given its number to another file by then. Passing a call to another thread costs
 * more than the call; therefore a file on a local file system is closed, and its size is looked up, on this one: both
 * are in memory as soon as the file is open, and neither waits.
 */
export class OpenFile {
  readonly #descriptor: number;
  readonly #isLocal: boolean;
  #isClosed = false;

  private constructor(descriptor: number, isLocal: boolean) {
    this.#descriptor = descriptor;
    this.#isLocal = isLocal;
  }

  /** @param isLocal whether no call on its file system waits for a network */
  static async open(file: string, isLocal: boolean): Promise<OpenFile> {
    return new OpenFile(await openDescriptor(file, 'r'), isLocal);
  }

  /** Reads up to `bytes` bytes from `position` to the start of `buffer`; returns their number. */
  async read(buffer: Buffer, bytes: number, position: number): Promise<number> {
    return (await readBytes(this.#descriptor, buffer, 0, bytes, position)).bytesRead;
  }

  /** The size in bytes. */
  async size(): Promise<number> {
    return (this.#isLocal ? fstatSync(this.#descriptor) : await statDescriptor(this.#descriptor)).size;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isLocal) closeSync(this.#descriptor);
    else await closeDescriptor(this.#descriptor);
  }
}
