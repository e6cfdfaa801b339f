const POLYNOMIAL = 0x82f63b78;
const STEP = 8;

// Table k holds the checksum of a byte followed by k zero bytes, so that eight bytes are processed at once. The class
// in @google-cloud/storage processes one at a time: 300 MB/s instead of 2000.
const T0 = new Int32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  T0[byte] = value;
}
const T1 = withZeroByte(T0);
const T2 = withZeroByte(T1);
const T3 = withZeroByte(T2);
const T4 = withZeroByte(T3);
const T5 = withZeroByte(T4);
const T6 = withZeroByte(T5);
const T7 = withZeroByte(T6);

function withZeroByte(table: Int32Array): Int32Array {
  return table.map((value) => (T0[value & 0xff] ?? 0) ^ (value >>> 8));
}

/** The CRC32C of `bytes`, continued from `before`, the CRC32C of the preceding bytes; 0 to 2^32 - 1. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.byteLength - (bytes.byteLength % STEP);
  let value = ~before;
  let at = 0;
  for (; at < whole; at += STEP) {
    const low = value ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    value =
      (T7[low & 0xff] ?? 0) ^
      (T6[(low >>> 8) & 0xff] ?? 0) ^
      (T5[(low >>> 16) & 0xff] ?? 0) ^
      (T4[low >>> 24] ?? 0) ^
      (T3[high & 0xff] ?? 0) ^
      (T2[(high >>> 8) & 0xff] ?? 0) ^
      (T1[(high >>> 16) & 0xff] ?? 0) ^
      (T0[high >>> 24] ?? 0);
  }
  for (; at < bytes.byteLength; at += 1) value = (T0[(value ^ view.getUint8(at)) & 0xff] ?? 0) ^ (value >>> 8);
  return ~value >>> 0;
}

/** Encodes a CRC32C as Cloud Storage does: base64 of four bytes, big-endian. */
export function encodeCrc32c(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
}

/** Decodes the result of {@link encodeCrc32c}; `undefined` for anything else. */
export function decodeCrc32c(text: string | undefined): number | undefined {
  const bytes = Buffer.from(text ?? '', 'base64');
  return bytes.byteLength === 4 ? bytes.readUInt32BE() : undefined;
}
