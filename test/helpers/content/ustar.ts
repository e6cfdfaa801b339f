/** An entry of an archive that a test builds. */
export interface Entry {
  readonly name: string;
  readonly body?: Uint8Array | string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  /** One character. */
  readonly typeflag?: string;
  readonly linkname?: string;
  readonly uname?: string;
  readonly gname?: string;
  /** Instead of the length of the body. */
  readonly size?: number;
}

const BLOCK_BYTES = 512;

/** The end of an archive. */
export const END = Buffer.alloc(2 * BLOCK_BYTES);

/** A ustar archive. */
export function archive(...entries: Entry[]): Buffer {
  return Buffer.concat([...entries.map(entry), END]);
}

/** One entry without the end of an archive. */
export function entry({ name, body = '', size, ...fields }: Entry): Buffer {
  const bytes = Buffer.from(body as string);
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(name, 0, 100, 'latin1');
  const octal = (value: number, start: number, length: number): void => {
    block.write(value.toString(8).padStart(length - 1, '0'), start, 'latin1');
  };
  octal(fields.mode ?? 0, 100, 8);
  octal(fields.uid ?? 0, 108, 8);
  octal(fields.gid ?? 0, 116, 8);
  octal(size ?? bytes.byteLength, 124, 12);
  octal(fields.mtime ?? 0, 136, 12);
  block.write(fields.typeflag ?? '0', 156, 'latin1');
  block.write(fields.linkname ?? '', 157, 100, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write(fields.uname ?? '', 265, 32, 'latin1');
  block.write(fields.gname ?? '', 297, 32, 'latin1');
  setSum(block);
  return Buffer.concat([block, bytes, Buffer.alloc((BLOCK_BYTES - (bytes.byteLength % BLOCK_BYTES)) % BLOCK_BYTES)]);
}

/** An extended header for the entry after it. */
export function paxHeader(records: Readonly<Record<string, string>>): Buffer {
  const body = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.byteLength(` ${key}=${value}\n`);
    let length = rest + 1;
    while (String(length).length + rest !== length) length += 1;
    return `${length} ${key}=${value}\n`;
  });
  return entry({ name: 'PaxHeader', typeflag: 'x', body: body.join('') });
}

/** Writes the checksum of a header. */
export function setSum(block: Buffer): void {
  block.fill(' ', 148, 156);
  const sum = block.subarray(0, BLOCK_BYTES).reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\x00 `, 148, 'latin1');
}
