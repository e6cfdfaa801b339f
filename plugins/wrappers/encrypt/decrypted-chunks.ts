import { damaged } from './damaged.ts';
import { FIRST_LINK, nextLink } from './file-cipher.ts';
import { FRAME_BYTES, FRAME_OVERHEAD, frameAt, frameCount } from './layout.ts';
import type { OpenFile } from './open-files.ts';
import type { StoredBytes } from './stored-bytes.ts';

/** A part of a file: plain bytes `start` up to but not including `end`, which is not beyond the size. */
export interface PlainRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The plain bytes of a part of a file, frame by frame; none of a frame that is not right. The last frame of a file that
 * is read from the beginning comes only if the chain over all frames is right.
 * @param bytes begin with the frame that has `start`
 * @throws DriverError `damaged`
 */
export async function* decryptedChunks(
  { cipher, plainBytes, chain }: OpenFile,
  bytes: StoredBytes,
  { start, end }: PlainRange,
): AsyncGenerator<Uint8Array, void, undefined> {
  const first = frameAt(start);
  const isWhole = first === 0 && end === plainBytes;
  let link = FIRST_LINK;
  for (let frame = first; frame < frameCount(end); frame += 1) {
    const offset = frame * FRAME_BYTES;
    const frameBytes = Math.min(FRAME_BYTES, plainBytes - offset) + FRAME_OVERHEAD;
    const stored = await bytes.take(frameBytes);
    if (stored.byteLength < frameBytes) throw damaged(`the file ends in frame ${frame}`);
    const plain = cipher.decrypt(frame, stored);
    if (isWhole) link = nextLink(link, stored);
    if (isWhole && offset + FRAME_BYTES >= plainBytes && Buffer.compare(link, chain) !== 0) {
      throw damaged('a frame was replaced by an earlier one');
    }
    const part = plain.subarray(Math.max(0, start - offset), end - offset);
    if (part.byteLength > 0) yield part;
  }
}
