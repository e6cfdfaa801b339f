import { createHash } from 'node:crypto';
import { isUploadId, parseUploadId, type UploadId } from '../../core/model/reference.ts';
import type { HttpAnswer } from '../http/http-answer.ts';

/**
 * The number of bytes of an upload, from the header `Range`, whose end is inclusive. `0-0` can mean none or one; it is
 * read as none.
 * @returns `undefined` without a valid header
 */
export function uploadedBytes(answer: HttpAnswer): number | undefined {
  const match = /^(?:bytes[= ])?0-(\d{1,15})$/.exec(answer.header('range')?.trim() ?? '');
  if (match === null) return undefined;
  const last = Number(match[1]);
  return last === 0 ? 0 : last + 1;
}

/** The id of an upload: as the registry states it, or the last part of its URL, or one derived from it. */
export function uploadIdOf(answer: HttpAnswer, location: string): UploadId {
  const said = answer.header('docker-upload-uuid');
  if (said !== undefined && isUploadId(said)) return said;
  const last = new URL(location).pathname.split('/').at(-1) ?? '';
  return isUploadId(last) ? last : parseUploadId(createHash('sha256').update(location).digest('hex'));
}

/** The smallest chunk that the registry requires, in bytes; 0 for any. */
export function minChunkBytes(answer: HttpAnswer): number {
  const text = answer.header('oci-chunk-min-length') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}
