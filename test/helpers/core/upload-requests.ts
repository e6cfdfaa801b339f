import type { ExecutionContext } from 'ava';
import { type Digest, digestOf } from '../../../core/digest/digest.ts';
import { RegistryError } from '../../../core/model/errors.ts';
import type { UploadState } from '../../../core/model/upload-state.ts';
import { chunked, drain } from '../../../testing/driver-case.ts';
import { name } from '../content/registry-content.ts';
import type { CoreParts } from './core-parts.ts';

/** The repository of these requests. */
export const REPOSITORY = name('foo/bar');

/** An upload that has begun, and has no bytes. */
export type Begun = Pick<UploadState, 'uuid' | 'startedAt'>;

/** Sends a POST. */
export async function begin({ layers }: CoreParts): Promise<Begun> {
  await using upload = await layers.upload(REPOSITORY);
  return await upload.close();
}

/** Sends the first PATCH. */
export async function patch({ layers }: CoreParts, { uuid, startedAt }: Begun, body: AsyncIterable<Uint8Array>) {
  await using upload = await layers.resume(REPOSITORY, { uuid, offset: 0, begunAt: startedAt });
  await upload.append({ body });
  return await upload.close();
}

/** Sends all bytes with the PUT. */
export async function put(
  { layers }: CoreParts,
  { uuid, startedAt }: Begun,
  bytes: Buffer,
  digest: Digest = digestOf(bytes),
) {
  await using upload = await layers.resumeToFinish(REPOSITORY, { uuid, offset: 0, begunAt: startedAt, digest });
  await upload.append({ body: chunked(bytes, 100_000) });
  return await upload.finish(digest);
}

/** Ends an upload without further bytes. */
export async function end(
  { layers }: CoreParts,
  { uuid, offset }: Pick<UploadState, 'uuid' | 'offset'>,
  digest: Digest,
) {
  await using upload = await layers.resumeToFinish(REPOSITORY, { uuid, offset, digest });
  return await upload.finish(digest);
}

/** Asserts that the repository has these bytes as a blob. */
export async function isStored(t: ExecutionContext, { layers }: CoreParts, bytes: Buffer): Promise<void> {
  const layer = await layers.fetch(REPOSITORY, digestOf(bytes));
  t.true((await drain(await layer.open())).equals(bytes));
}

/** Asserts that the upload is unknown. */
export async function isUnknown(t: ExecutionContext, action: Promise<unknown>): Promise<void> {
  const error = await t.throwsAsync(action, { instanceOf: RegistryError });
  t.is(error.code, 'BLOB_UPLOAD_UNKNOWN');
}
