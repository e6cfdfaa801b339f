import { damaged } from './damaged.ts';

/** The number of plain bytes in each frame but the last. */
export const FRAME_BYTES = 256 * 1024;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;
/** What each frame has in addition to its plain bytes. */
export const FRAME_OVERHEAD = NONCE_BYTES + TAG_BYTES;
export const MAX_FRAME_BYTES = FRAME_BYTES + FRAME_OVERHEAD;
/** Magic bytes, the number of the key, and the salt of the file. */
export const HEADER_BYTES = 48;
export const CHAIN_BYTES = 32;
/** The last value of the chain, and the seal of the file. */
export const TRAILER_BYTES = CHAIN_BYTES + FRAME_OVERHEAD;

/** Where the frame of this number begins in the stored file. */
export function frameOffset(frame: number): number {
  return HEADER_BYTES + frame * MAX_FRAME_BYTES;
}

/** The number of the frame that has the plain byte `offset`. */
export function frameAt(offset: number): number {
  return Math.floor(offset / FRAME_BYTES);
}

/** The number of frames of a file with so many plain bytes. */
export function frameCount(plainBytes: number): number {
  return Math.ceil(plainBytes / FRAME_BYTES);
}

/** The size of a stored file with so many plain bytes. */
export function storedSize(plainBytes: number): number {
  return HEADER_BYTES + plainBytes + frameCount(plainBytes) * FRAME_OVERHEAD + TRAILER_BYTES;
}

/**
 * The number of plain bytes in a stored file of this size.
 * @throws DriverError `damaged` when no stored file has this size
 */
export function plainSize(storedBytes: number): number {
  const frames = Math.ceil((storedBytes - HEADER_BYTES - TRAILER_BYTES) / MAX_FRAME_BYTES);
  const plainBytes = storedBytes - HEADER_BYTES - TRAILER_BYTES - frames * FRAME_OVERHEAD;
  if (frames < 0 || plainBytes < 0 || frameCount(plainBytes) !== frames) {
    throw damaged(`no encrypted file has ${storedBytes} bytes; it was cut off, or written without encryption`);
  }
  return plainBytes;
}
