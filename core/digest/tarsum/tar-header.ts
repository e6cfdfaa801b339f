/** The bytes of a block of an archive; a header takes one block. */
export const BLOCK_BYTES = 512;

/** The header of an archive entry. Texts are bytes decoded as Latin-1, so that none is lost. */
export interface TarHeader {
  name: string;
  readonly mode: number;
  uid: number;
  gid: number;
  /** The bytes of the body. */
  size: number;
  /** Seconds since 1970. */
  mtime: number;
  /** One character; NUL in archives from before POSIX. */
  readonly typeflag: string;
  linkname: string;
  uname: string;
  gname: string;
  readonly devmajor: number;
  readonly devminor: number;
  /** Extended attributes by their names. */
  xattrs: ReadonlyMap<string, string>;
}

/** Thrown for bytes that are not an archive, or are an archive that cannot be read. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

const HEADER_ONLY = new Set(['1', '2', '3', '4', '5', '6']);

/** Whether an entry of this type has no body, regardless of its size field. */
export function isHeaderOnly(typeflag: string): boolean {
  return HEADER_ONLY.has(typeflag);
}

/**
 * Reads a block that is not empty (POSIX ustar, GNU tar, star and older formats).
 * @throws TarError
 */
export function parseHeader(block: Buffer): TarHeader {
  checkSum(block);
  const typeflag = block.toString('latin1', 156, 157);
  const magic = block.toString('latin1', 257, 265);
  const isPosix = magic === 'ustar\x0000';
  const isStar = isPosix && block.toString('latin1', 508, 512) === 'tar\x00';
  const hasOwner = isPosix || magic === 'ustar  \x00';
  const hasDevice = hasOwner && (typeflag === '3' || typeflag === '4');
  const prefix = isStar ? textIn(block, 345, 131) : isPosix ? textIn(block, 345, 155) : '';
  const name = textIn(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: numberIn(block, 100, 8),
    uid: numberIn(block, 108, 8),
    gid: numberIn(block, 116, 8),
    size: sizeIn(block),
    mtime: numberIn(block, 136, 12),
    typeflag,
    linkname: textIn(block, 157, 100),
    uname: hasOwner ? textIn(block, 265, 32) : '',
    gname: hasOwner ? textIn(block, 297, 32) : '',
    devmajor: hasDevice ? numberIn(block, 329, 8) : 0,
    devminor: hasDevice ? numberIn(block, 337, 8) : 0,
    xattrs: new Map(),
  };
}

/** The text up to the first NUL. */
export function untilNul(text: string): string {
  const end = text.indexOf('\x00');
  return end < 0 ? text : text.slice(0, end);
}

// Old archives add signed bytes.
function checkSum(block: Buffer): void {
  const stated = numberIn(block, 148, 8);
  let unsigned = 8 * 0x20;
  let signed = unsigned;
  for (let at = 0; at < BLOCK_BYTES; at += 1) {
    if (at >= 148 && at < 156) continue;
    const byte = block[at] as number;
    unsigned += byte;
    signed += byte < 128 ? byte : byte - 256;
  }
  if (stated !== unsigned && stated !== signed) throw new TarError('the bytes are not a tar archive, or it is damaged');
}

function textIn(block: Buffer, start: number, length: number): string {
  return untilNul(block.toString('latin1', start, start + length));
}

function sizeIn(block: Buffer): number {
  const size = numberIn(block, 124, 12);
  if (size < 0) throw new TarError('an entry has a negative size');
  return size;
}

/** An octal text, or a binary number if the first bit is set (GNU). */
function numberIn(block: Buffer, start: number, length: number): number {
  const first = block[start] ?? 0;
  if (first >= 0x80) return binaryIn(block.subarray(start, start + length));
  const text = block.toString('latin1', start, start + length).replace(/^[ \x00]+/, '');
  const digits = /^[0-7]*/.exec(text)?.[0] ?? '';
  if (/^ *(?:\x00|$)/.test(text.slice(digits.length))) return digits === '' ? 0 : Number.parseInt(digits, 8);
  throw new TarError('a number in a header is not octal');
}

function binaryIn(bytes: Buffer): number {
  const isNegative = ((bytes[0] ?? 0) & 0x40) !== 0;
  let value = isNegative ? -1n : 0n;
  for (const [at, byte] of bytes.entries()) {
    value = (value << 8n) | BigInt(at === 0 ? (isNegative ? byte : byte & 0x7f) : byte);
  }
  const number = Number(BigInt.asIntN(bytes.byteLength * 8, value));
  if (Number.isSafeInteger(number)) return number;
  throw new TarError('a number in a header is too large');
}
