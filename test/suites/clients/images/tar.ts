const BLOCK_BYTES = 512;

/** One regular file of an archive. */
export interface TarFile {
  /** Relative, shorter than 100 bytes. */
  readonly path: string;
  /** Exactly as many bytes as `body` gives. */
  readonly size: number;
  readonly body: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** A file with its content. */
export function textFile(path: string, text: string): TarFile {
  const bytes = Buffer.from(text);
  return { path, size: bytes.byteLength, body: () => [bytes] };
}

/** The size of the archive that `tar` gives for the same files. */
export function tarSize(files: readonly TarFile[]): number {
  const body = files.reduce((sum, file) => sum + BLOCK_BYTES + file.size + paddingOf(file.size), 0);
  return body + 2 * BLOCK_BYTES;
}

/** An archive in ustar format; the same files give the same bytes. */
export async function* tar(files: readonly TarFile[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const file of files) {
    yield header(file);
    yield* file.body();
    yield Buffer.alloc(paddingOf(file.size));
  }
  yield Buffer.alloc(2 * BLOCK_BYTES);
}

function paddingOf(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}

function header(file: TarFile): Uint8Array {
  const block = Buffer.alloc(BLOCK_BYTES);
  const put = (offset: number, text: string) => block.write(text, offset, 'latin1');
  const octal = (offset: number, width: number, value: number) =>
    put(offset, `${value.toString(8).padStart(width - 1, '0')}\0`);
  put(0, file.path);
  octal(100, 8, 0o644);
  octal(108, 8, 0);
  octal(116, 8, 0);
  octal(124, 12, file.size);
  octal(136, 12, 1_700_000_000);
  put(148, ' '.repeat(8));
  put(156, '0');
  put(257, 'ustar\x0000');
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  put(148, `${checksum.toString(8).padStart(6, '0')}\0 `);
  return block;
}
