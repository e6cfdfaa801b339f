import { StoreError } from '../store-error.ts';

/** The size of a header, and of the unit in which bodies are stored, in bytes. */
export const BLOCK_BYTES = 512;

/** A header of a tar archive (POSIX.1-2017 pax, and the extensions of GNU tar). */
export interface TarHeader {
  readonly name: string;
  /**
   * One character: `0` or NUL for a file, `1` and `2` for links, `5` for a folder, `x` and `g` for pax records, `L` and
   * `K` for long names.
   */
  readonly type: string;
  /** The size of the body in bytes. */
  readonly size: number;
  readonly linkName: string;
}

/**
 * Parses a header.
 * @returns `undefined` for a block of zeros, which ends an archive
 * @throws StoreError `invalid` when it is not a header
 */
export function parseTarHeader(block: Buffer, at: string): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  if (numberIn(block, 148, 8) !== checksum(block))
    throw new StoreError('invalid', `${at} is not a tar archive, or is damaged`);
  const isUstar = block.toString('latin1', 257, 262) === 'ustar';
  const prefix = isUstar && block[263] === 0x30 ? textIn(block, 345, 155) : '';
  const name = textIn(block, 0, 100);
  const size = numberIn(block, 124, 12);
  if (!Number.isSafeInteger(size) || size < 0)
    throw new StoreError('invalid', `${at} has an entry with an impossible size`);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: String.fromCharCode(block[156] ?? 0),
    size,
    linkName: textIn(block, 157, 100),
  };
}

/** The records of a pax header: `<length> <key>=<value>\n`, one after the other. */
export function parsePaxRecords(bytes: Buffer, at: string): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let start = 0; start < bytes.byteLength; ) {
    const blank = bytes.indexOf(0x20, start);
    const length = blank < 0 || blank - start > 10 ? Number.NaN : Number(bytes.toString('latin1', start, blank));
    const equals = bytes.indexOf(0x3d, blank);
    const end = start + length;
    if (!Number.isSafeInteger(length) || end > bytes.byteLength || equals < 0 || equals >= end || length < 4) {
      throw new StoreError('invalid', `${at} has a damaged pax header`);
    }
    records.set(bytes.toString('utf8', blank + 1, equals), bytes.toString('utf8', equals + 1, end - 1));
    start = end;
  }
  return records;
}

function checksum(block: Buffer): number {
  let sum = 0;
  for (const [index, byte] of block.entries()) sum += index >= 148 && index < 156 ? 0x20 : byte;
  return sum;
}

function textIn(block: Buffer, start: number, length: number): string {
  const end = block.indexOf(0, start);
  return block.toString('utf8', start, end < 0 ? start + length : Math.min(end, start + length));
}

/** An octal number, or a binary one in the form of GNU tar. */
function numberIn(block: Buffer, start: number, length: number): number {
  const first = block[start] ?? 0;
  if (first < 0x80) return Number.parseInt(textIn(block, start, length).trim() || '0', 8);
  let value = first & 0x7f;
  for (const byte of block.subarray(start + 1, start + length)) value = value * 256 + byte;
  return value;
}
