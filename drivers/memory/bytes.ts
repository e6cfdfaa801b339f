/** The bytes of one write: chunks in order. Growing by chunks makes the cost of an append proportional to its size. */
export class Bytes {
  readonly chunks: Buffer[];
  size: number;
  /** When bytes were last added. */
  changedAt = new Date();

  constructor(chunks: readonly Buffer[] = [], size = 0) {
    this.chunks = [...chunks];
    this.size = size;
  }

  /** Adds a copy: the caller may reuse its buffer. */
  add(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    this.chunks.push(Buffer.from(bytes));
    this.size += bytes.byteLength;
    this.changedAt = new Date();
  }

  /** A copy of the first `size` bytes, or of all if there are fewer. */
  first(size: number): Bytes {
    const chunks = [...this.slice(0, size)];
    return new Bytes(chunks, Math.min(size, this.size));
  }

  /** The bytes from `start` up to `end`, as views of the chunks. */
  *slice(start: number, end: number): Generator<Buffer, void, undefined> {
    let offset = 0;
    for (const chunk of this.chunks) {
      if (offset >= end) return;
      const part = chunk.subarray(Math.max(0, start - offset), end - offset);
      offset += chunk.byteLength;
      if (part.byteLength > 0) yield part;
    }
  }
}
