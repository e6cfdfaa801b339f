import { RegistryError } from '../../core/model/errors.ts';
import { UploadRangeError } from '../../core/model/upload-state.ts';
import type { LayerUpload } from '../../core/registry/layer-upload.ts';
import { type ChunkRange, parseContentRange } from './content-range.ts';
import { bodyOf } from './request-body.ts';
import type { Context } from './request-scope.ts';

/** Appends the body of the request to an upload, at the offset that the request names. */
export async function appendBody(ctx: Context, upload: LayerUpload): Promise<void> {
  await upload.append({ body: bodyOf(ctx), range: rangeOf(ctx, upload) }, ctx.state.scope);
}

function rangeOf(ctx: Context, upload: LayerUpload): ChunkRange | undefined {
  const header = ctx.get('Content-Range');
  const length = ctx.get('Content-Length');
  if (header === '') return undefined;
  try {
    return parseContentRange(header, length === '' ? undefined : Number(length));
  } catch (error) {
    if (!RegistryError.is(error, 'RANGE_INVALID')) throw error;
    // Every answer of this kind says where the upload resumes.
    throw new UploadRangeError(upload.state, { ...error.detail });
  }
}

/** @throws RegistryError `BLOB_UPLOAD_INVALID` when the body is declared as anything other than bytes */
export function requireOctetStream(ctx: Context): void {
  const type = ctx.get('Content-Type').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === '' || type === 'application/octet-stream') return;
  const reason = 'the content type of a chunk must be application/octet-stream';
  throw new RegistryError('BLOB_UPLOAD_INVALID', { contentType: type.slice(0, 256), reason });
}

/**
 * Checks the optional query parameter `size` (early clients: `length`), the length of the whole blob.
 * @throws RegistryError `SIZE_INVALID`
 */
export function checkDeclaredSize(ctx: Context, size: number): void {
  const declared = ctx.state.query.first('size') ?? ctx.state.query.first('length');
  if (declared === undefined || declared.startsWith('-') || Number(declared) === size) return;
  throw new RegistryError('SIZE_INVALID', { declared: declared.slice(0, 32), received: size });
}
