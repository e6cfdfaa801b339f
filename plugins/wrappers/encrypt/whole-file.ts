import type { StoragePath } from '../../../core/driver/index.ts';
import { damaged } from './damaged.ts';
import { FIRST_LINK, FileCipher, nextLink } from './file-cipher.ts';
import { FRAME_BYTES, frameOffset, HEADER_BYTES, MAX_FRAME_BYTES, plainSize, TRAILER_BYTES } from './layout.ts';
import type { KeyRing } from './storage-key.ts';

/** The stored form of a file whose content is in memory. */
export function encryptWhole(content: Uint8Array, path: StoragePath, keys: KeyRing): Buffer {
  const cipher = FileCipher.create(keys);
  const parts: Uint8Array[] = [cipher.header];
  let chain = FIRST_LINK;
  for (let start = 0, frame = 0; start < content.byteLength; start += FRAME_BYTES, frame += 1) {
    const stored = cipher.encrypt(frame, [content.subarray(start, start + FRAME_BYTES)]);
    chain = nextLink(chain, stored);
    parts.push(stored);
  }
  return Buffer.concat([...parts, cipher.seal(path, { plainBytes: content.byteLength, chain })]);
}

/**
 * The content of a stored file that is in memory.
 * @param places the paths for which it may be sealed
 * @throws DriverError `damaged`; `denied` when its key is not configured
 */
export function decryptWhole(stored: Uint8Array, places: readonly StoragePath[], keys: KeyRing): Buffer {
  const cipher = FileCipher.of(stored.subarray(0, HEADER_BYTES), keys);
  const plainBytes = plainSize(stored.byteLength);
  const trailer = stored.subarray(-TRAILER_BYTES);
  const facts = places.map((place) => cipher.unseal(place, plainBytes, trailer)).find((found) => found !== undefined);
  if (facts === undefined) throw damaged('the file was not stored at this path, or was cut off');
  const frames: Buffer[] = [];
  let chain = FIRST_LINK;
  for (let at = frameOffset(0); at < stored.byteLength - TRAILER_BYTES; at += MAX_FRAME_BYTES) {
    const frame = stored.subarray(at, Math.min(at + MAX_FRAME_BYTES, stored.byteLength - TRAILER_BYTES));
    frames.push(cipher.decrypt(frames.length, frame));
    chain = nextLink(chain, frame);
  }
  if (Buffer.compare(chain, facts.chain) !== 0) throw damaged('a frame was replaced by an earlier one');
  return frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames);
}
