import { once } from 'node:events';
import { fstatSync, writeSync } from 'node:fs';
import { allWritten } from './all-written.ts';
import { OutputError } from './output-error.ts';

/** Standard output of this process. The first error is kept; what comes after it is dropped. */
export class StandardOutput {
  readonly #stream: NodeJS.WriteStream & { readonly fd: number };
  /**
   * Whether it is a file or a device such as /dev/full. Node writes to these with one call, takes it for done when a disk that
   * is nearly full has taken a part, and says only later that one has failed.
   */
  readonly #isFile: boolean;
  #failure: Error | undefined;

  constructor(stream: NodeJS.WriteStream & { readonly fd: number }) {
    this.#stream = stream;
    this.#isFile = !stream.isTTY && isFile(stream.fd);
    stream.on('error', (error) => {
      this.#failure ??= error;
    });
  }

  /** Writes text or bytes. @returns whether it takes more at once */
  write(bytes: string | Uint8Array): boolean {
    if (this.#failure !== undefined) return false;
    if (!this.#isFile) return this.#stream.write(bytes);
    try {
      writeWhole(this.#stream.fd, Buffer.from(bytes));
    } catch (error) {
      this.#failure = error as Error;
    }
    return this.#failure === undefined;
  }

  /** Waits until more can be written. @returns whether there is still somebody to write for */
  async drained(): Promise<boolean> {
    const stream = this.#stream;
    if (this.#failure === undefined && stream.writableNeedDrain)
      await Promise.race([once(stream, 'drain'), once(stream, 'close')]).catch(() => undefined);
    return this.#failure === undefined && !stream.destroyed;
  }

  /**
   * Resolves when everything is written, or its reader has gone, such as `head`.
   * @throws OutputError for any other reason why it could not be written
   */
  async written(): Promise<void> {
    await allWritten(this.#stream);
    const failure = this.#failure;
    if (failure !== undefined && !('code' in failure && failure.code === 'EPIPE')) throw new OutputError(failure);
  }
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength; ) at += writeSync(fd, bytes, at);
}

function isFile(fd: number): boolean {
  try {
    const found = fstatSync(fd);
    return found.isFile() || found.isCharacterDevice();
  } catch {
    return false;
  }
}
